import { describe, expect, test } from "vitest";
import { commonUidlFormat, parseUidlDialogue, uidlMaker } from "./pop3-uidl.ts";

const message = { base: "1.M2.old,S=3", size: 3, flags: "", keywords: "", uid: 26, hash: undefined };

describe("pop3_uidl_format", () => {
  test.each([
    ["%08Xu%08Xv", "%{uid|hex(8)}%{uidvalidity|hex(8)}"],
    ["%{uid | hex(8)}%{uidvalidity | hex(8)}", "%{uid|hex(8)}%{uidvalidity|hex(8)}"],
    ["UID%u-%v", "UID%{uid}-%{uidvalidity}"],
    ["%v.%u", "%{uidvalidity}.%{uid}"],
    ["%f", "%{filename}"],
    ["%Xu", "%{uid|hex}"],
    // Another hash, or a width without it, has no such spelling here.
    ["%Mf", "%Mf"],
    ["%08u", "%08u"],
  ])("%s is %s in 2.4", (said, common) => {
    expect(commonUidlFormat(said)).toBe(common);
    expect(commonUidlFormat(common)).toBe(common);
  });

  test.each([
    ["%08Xu%08Xv", "0000001a000000ff"],
    ["%{uid | hex(8)}%{uidvalidity | hex(8)}", "0000001a000000ff"],
    ["UID%u-%v", "UID26-255"],
    ["%f", "1.M2.old,S=3"],
    ["%g", "1.M2.old,S=3"],
    ["%Xu", "1a"],
  ])("%s shows a message as %s", (format, uidl) => {
    expect(uidlMaker(format)?.({ ...message, uidValidity: 255 })).toBe(uidl);
  });

  test("an id that was kept decides, and a message without a UID has none", () => {
    const of = uidlMaker("%08Xu%08Xv");
    expect(of?.({ ...message, uidl: "courier-7", uidValidity: 255 })).toBe("courier-7");
    expect(of?.({ ...message, uid: undefined, uidValidity: 255 })).toBeUndefined();
    expect(of?.({ ...message, uidValidity: undefined })).toBeUndefined();
    expect(uidlMaker("%g")?.({ ...message, guid: "00ff", uidValidity: 255 })).toBe("00ff");
  });

  test.each(["%Mf", "%08u", "%m", "%{filename | md5}", "%0899999999999Xv", "%{uid | hex(100)}"])(
    "%s is more than a ledger tells",
    (format) => {
      expect(uidlMaker(format)).toBeUndefined();
    },
  );
});

describe("a POP3 session", () => {
  test("lists ids", () => {
    const answers = "+OK Logged in.\r\n+OK\r\n1 a\r\n2 b\r\n3 b\r\n.\r\n+OK 3 1234\r\n";
    expect(parseUidlDialogue(answers)).toEqual({ uidls: new Set(["a", "b"]), count: 3, problem: undefined });
  });

  test("that broke off says why", () => {
    expect(parseUidlDialogue("Fatal: Unknown user\n")).toMatchObject({ problem: "Fatal: Unknown user" });
    expect(parseUidlDialogue("+OK Logged in.\r\n+OK\r\n1 a\r\n")).toMatchObject({ problem: "no answer" });
  });
});
