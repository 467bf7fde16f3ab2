import { describe, expect, test } from "vitest";
import { fulfil, wish, zoneData } from "./dns-change.ts";
import { dkimKey } from "./dns-mail-names.ts";
import { plainData, questionFor, reverseName } from "./dns-record.ts";

describe("DNS records", () => {
  test.each([
    ["192.0.2.10", "10.2.0.192.in-addr.arpa"],
    ["2001:DB8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
    ["Mail.Example.org.", "mail.example.org"],
    ["_dmarc.M\u00fcnchen.example", "_dmarc.xn--mnchen-3ya.example"],
  ])("the reverse name of %s", (address, name) => {
    expect(reverseName(address)).toBe(name);
  });

  test.each([
    ["AAAA", "2001:0DB8:0::1", "2001:db8::1"],
    ["MX", "10  Mail.Example.ORG.", "10 mail.example.org"],
    ["TXT", "Keeps Its  Case.", "Keeps Its  Case."],
    ["CNAME", "Mail.example.org.", "mail.example.org"],
    ["TLSA", "3 1  1 AB12 cd34", "3 1 1 ab12cd34"],
  ] as const)("compares %s data however it is written", (type, written, compared) => {
    expect(plainData(type, written)).toBe(compared);
    expect(questionFor("A.", type)).toEqual({ name: "a", type });
  });

  test("writes data as a zone file does", () => {
    expect(zoneData("MX", "10 mail.example.org")).toBe("10 mail.example.org.");
    expect(zoneData("TXT", 'a"b\\c\u00e9')).toBe('"a\\"b\\\\c\\195\\169"');
    expect(zoneData("A", "192.0.2.1")).toBe("192.0.2.1");
  });

  test("finds the key of a DKIM record", () => {
    expect(dkimKey("v=DKIM1; k=rsa; p=AB cd\t==; t=s")).toBe("ABcd==");
    expect(dkimKey("v=DKIM1; p=")).toBeNull();
    expect(dkimKey("v=DKIM1")).toBeNull();
  });
});

describe("wishes", () => {
  const held = { data: ["192.0.2.1", "192.0.2.2"], ttl: 300 };

  test.each([
    ["a TTL alone keeps the data", { ttl: 60 }, { data: ["192.0.2.1", "192.0.2.2"], ttl: 60 }],
    ["present adds", { data: "192.0.2.3" }, { data: ["192.0.2.1", "192.0.2.2", "192.0.2.3"], ttl: 300 }],
    ["absent removes", { data: "192.0.2.1", state: "absent" }, { data: ["192.0.2.2"], ttl: 300 }],
    ["exact replaces", { data: "192.0.2.9", state: "exact", ttl: 60 }, { data: ["192.0.2.9"], ttl: 60 }],
  ] as const)("%s", (_what, words, wanted) => {
    expect(fulfil(held, [wish("x", "A", words)])).toEqual(wanted);
  });

  test("a set that isn't there has no TTL to change", () => {
    const empty = { data: [], ttl: undefined };
    expect(fulfil(empty, [wish("x", "A", { ttl: 60 })])).toEqual(empty);
  });
});
