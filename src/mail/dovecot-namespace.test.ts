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
    expect(inboxNamespace(text)).toEqual({
      ...{ separator: ".", isSaid: true, prefix: "", format: "sdbox" },
      ...{ layout: "fs", directory: "sdbox", options: {} },
    });
  });

  test("of 2.3, beside others without a name", () => {
    const text = [
      "mail_location = maildir:~/Maildir",
      "namespace {\n  inbox = yes\n  prefix = INBOX.\n}",
      "namespace {\n  prefix = shared.%%u.\n  type = shared\n}",
    ].join("\n");
    expect(inboxNamespace(text).prefix).toBe("INBOX.");
  });

  test("of 2.3, where the format decides on the separator", () => {
    const text =
      'mail_location = maildir:~/Maildir\nnamespace inbox {\n  inbox = yes\n  prefix = "INBOX."\n  location = \n}\n';
    expect(inboxNamespace(text)).toEqual({
      ...{ separator: ".", isSaid: false, prefix: "INBOX.", format: "maildir" },
      ...{ layout: "maildir++", directory: "Maildir", options: {} },
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
    expect(inboxNamespace(text)).toEqual({
      ...{ separator: "/", isSaid: true, prefix: "", format: "maildir" },
      ...{ layout: "maildir++", directory: "Maildir", options: {} },
    });
  });

  test("without a word of it", () => {
    expect(inboxNamespace("")).toEqual({
      ...{ separator: ".", isSaid: false, prefix: "", format: "" },
      ...{ layout: "", directory: "", options: {} },
    });
  });

  test("of Maildirs in directories, whose names are joined by slashes unless something else is said", () => {
    expect(inboxNamespace("mail_location = maildir:~/Maildir:LAYOUT=fs\n")).toMatchObject({
      ...{ format: "maildir", layout: "fs", separator: "/", isSaid: false },
    });
  });

  test("with control files in other directories, which is another place", () => {
    const options = (control: string) =>
      inboxNamespace(`mail_location = maildir:~/Maildir:CONTROL=${control}\n`).options;
    expect(options("/srv/a/%u")).not.toEqual(options("/srv/b/%u"));
    expect(options("%h/control/")).toEqual(options("~/control"));
    expect(options("/srv/%2.256Nu/%d")).toEqual({ mail_control_path: "/srv/%2.256Nu/{domain}" });
  });

  test("in words that 2.3 and 2.4 have for the same", () => {
    const before = "maildir:/srv/%d/%n/mail:LAYOUT=FS:INDEX=/srv/index/%u:CONTROL=/srv/control/%u:UTF-8";
    const old = inboxNamespace(`mail_location = ${before}\nnamespace inbox {\n  inbox = yes\n}\n`);
    const fresh = inboxNamespace(
      [
        "mail_driver = maildir",
        "mail_path = /srv/%{user | domain}/%{user | username}/mail",
        "mail_inbox_path = /srv/%{user | domain}/%{user | username}/mail",
        "mail_control_path = /srv/control/%{user}",
        "mailbox_list_layout = fs",
        "mailbox_list_utf8 = yes",
        "namespace inbox {",
        "  inbox = yes",
        "}",
      ].join("\n"),
    );
    expect(old).toEqual(fresh);
    expect(old).toMatchObject({
      layout: "fs",
      directory: "mail",
      options: { mail_control_path: "/srv/control/{user}", mailbox_list_utf8: "yes" },
    });
  });
});
