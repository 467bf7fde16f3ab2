import { describe, expect, test } from "vitest";
import { inboxNamespace } from "./dovecot-namespace.ts";

describe("the namespace of INBOX", () => {
  test("of Dovecot 2.4, whose separator is said", () => {
    const text = [
      "# 2.4.1: /etc/dovecot/dovecot.conf",
      "mail_driver = sdbox",
      "mail_path = ~/sdbox",
      'namespace "shared" {',
      "  separator = /",
      "  type = shared",
      "}",
      "namespace inbox {",
      "  inbox = yes",
      "  mailbox Junk {",
      "    separator = nonsense",
      "  }",
      "  separator = .",
      "}",
      "",
    ].join("\n");
    expect(inboxNamespace(text)).toEqual({ separator: ".", isSaid: true, prefix: "", format: "sdbox" });
  });

  test("of 2.3, where the format decides on the separator", () => {
    const text =
      'mail_location = maildir:~/Maildir\nnamespace inbox {\n  inbox = yes\n  prefix = "INBOX."\n  location = \n}\n';
    expect(inboxNamespace(text)).toEqual({
      ...{ separator: ".", isSaid: false, prefix: "INBOX.", format: "maildir" },
    });
    const other = text.replace("location = \n", "location = mdbox:~/mdbox\n");
    expect(inboxNamespace(other)).toMatchObject({ separator: "/", isSaid: false, format: "mdbox" });
  });

  test("of 1.2, which has no braces", () => {
    const text = [
      "# 1.2.15: /etc/dovecot/dovecot.conf",
      "mail_location: maildir:/var/vmail/%d/%n/Maildir",
      "namespace:",
      "  type: private",
      "  separator: /",
      "  inbox: yes",
      "lda:",
      "  separator: x",
      "",
    ].join("\n");
    expect(inboxNamespace(text)).toEqual({ separator: "/", isSaid: true, prefix: "", format: "maildir" });
  });

  test("without a word of it", () => {
    expect(inboxNamespace("")).toEqual({ separator: ".", isSaid: false, prefix: "", format: "" });
  });
});
