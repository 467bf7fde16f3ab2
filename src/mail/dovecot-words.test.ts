import { describe, expect, test } from "vitest";
import { parseTabTable } from "./doveadm-table.ts";
import { autoexpungeSettings, lastLoginSettings } from "./doveconf.ts";
import { whySchemeRefused } from "./password-schemes.ts";

test("settings that remove messages are found in both forms of doveconf", () => {
  const old = [
    "namespace inbox {",
    "  inbox = yes",
    '  mailbox "Old Trash" {',
    "    autoexpunge = 30 days",
    "  }",
    "  mailbox a/b {",
    "    autoexpunge_max_mails = 5",
    "  }",
    "  prefix = ",
    "}",
    "protocol imap {",
    "}",
  ].join("\n");
  expect(autoexpungeSettings(old)).toEqual([
    "namespace/inbox/mailbox/Old Trash/autoexpunge",
    "namespace/inbox/mailbox/a\\sb/autoexpunge_max_mails",
  ]);
  const current = [
    "mailbox_autoexpunge = 1y",
    "namespace inbox {",
    "  mailbox Trash {",
    "    mailbox_autoexpunge = 30d",
    "  }",
    "}",
  ].join("\n");
  expect(autoexpungeSettings(current)).toEqual([
    "mailbox_autoexpunge",
    "namespace/inbox/mailbox/Trash/mailbox_autoexpunge",
  ]);
});

test("settings that note logins are found where 2.3 has them", () => {
  const plugin =
    "plugin {\n  last_login_dict = proxy:/run/lastlogin.socket:lastlogin\n  last_login_precision = s\n}\n";
  expect(lastLoginSettings(`protocol imap {\n  mail_plugins = " last_login"\n}\n${plugin}`)).toEqual([
    "plugin/last_login_dict",
  ]);
  // In 2.4 it is a block of its own.
  expect(lastLoginSettings("last_login_dict {\n  dict_driver = file\n}\n")).toEqual([]);
});

test("a table of doveadm becomes rows", () => {
  expect(parseTabTable("Username\tmailbox\tmessages\na\t2024\t5\nb\todd\x01tname\t-\n")).toEqual([
    { username: "a", mailbox: "2024", messages: 5 },
    { username: "b", mailbox: "odd\tname", messages: "-" },
  ]);
  expect(parseTabTable("")).toEqual([]);
});

describe("password schemes", () => {
  const known = new Set(["CRYPT", "MD5-CRYPT", "BLF-CRYPT", "SHA512"]);
  const current = { version: "2.4.1-4 (7d8c0e5759)", known, allowsWeak: false };
  test.each([
    ["{BLF-CRYPT}", undefined],
    ["sha512.b64", undefined],
    ["CRYPT:$6$", undefined],
    ["CRYPT", undefined],
    ["MD5-CRYPT", "weak"],
    ["{CRYPT}:$1$", "weak"],
    ["CRYPT:ab", "weak"],
    ["NOPE", "does not know"],
    ["", "names no scheme"],
  ])("%j on 2.4: %s", (scheme, why) => {
    const reason = whySchemeRefused(scheme, current);
    if (why === undefined) expect(reason).toBeUndefined();
    else expect(reason).toContain(why);
  });

  test("weak ones are taken by 2.3, and where 2.4 is told to", () => {
    expect(whySchemeRefused("MD5-CRYPT", { ...current, version: "2.3.13 (89f716dc2)" })).toBeUndefined();
    expect(whySchemeRefused("MD5-CRYPT", { ...current, allowsWeak: true })).toBeUndefined();
  });
});
