import { describe, expect, test } from "vitest";
import { type DovecotUser, dovecotPlaces, liesIn, readUsers } from "./dovecot-places.ts";

const john: DovecotUser = {
  name: "John@example.org",
  fields: new Map([
    ["home", "/var/vmail/example.org/john"],
    ["mail", "maildir:~/Maildir:INBOX=/srv/inbox/john:CONTROL=/srv/control/john"],
  ]),
};

function places(config: string, user: DovecotUser = john): string[] {
  return dovecotPlaces(config, [user]).map(({ kind, path }) => `${kind} ${path}`);
}

const own = [
  "home /var/vmail/example.org/john",
  "mail /var/vmail/example.org/john/Maildir",
  "mail /srv/inbox/john",
  "control /srv/control/john",
];

describe("the places that Dovecot has for a user", () => {
  test("are his home, and what his fields say of mail", () => {
    expect(places("mail_location = maildir:/not/asked:CONTROL=/not/asked\n")).toEqual(own);
  });

  test("are those of namespaces of 2.3 with a location of their own", () => {
    const config = [
      "namespace public {",
      "  location = maildir:/var/public:INDEX=~/index",
      "  type = public",
      "}",
      "namespace archive {",
      "  location = mdbox:/srv/archive/%Ld/%n:ALT=/srv/slow/%d/%n:CONTROL=~/control",
      "}",
      "namespace others {",
      "  location = maildir:%%h/Maildir",
      "  type = shared",
      "}",
      "namespace gone {",
      "  disabled = yes",
      "  location = maildir:/srv/gone",
      "}",
      "namespace inbox {",
      "  location = ",
      "}",
      "plugin {",
      "  sieve = file:/srv/sieve/%d/%n;active=~/.dovecot.sieve",
      "  sieve_dir = /srv/shared-by-all",
      "}",
    ];
    expect(places(config.join("\n"))).toEqual([
      "mail /var/public",
      "files /srv/archive/example.org/John",
      "files /srv/slow/example.org/John",
      "control /var/vmail/example.org/john/control",
      "scripts /srv/sieve/example.org/John",
      "scripts /var/vmail/example.org/john/.dovecot.sieve",
      ...own,
    ]);
  });

  test("are the settings of 2.4, where the user database has some for him alone", () => {
    const fields = new Map([
      ["home", "/home/bob"],
      ["mail_path", "/srv/other/bob"],
      ["namespace/archive/mail_control_path", "/srv/c/bob"],
    ]);
    const config = [
      "mail_driver = maildir",
      "mail_path = /not/asked",
      'mail_inbox_path = "/srv/%{user | domain}/%{user|username|lower}"',
      "mail_control_path = /srv/control/%{user}",
      "namespace archive {",
      "  mail_driver = sdbox",
      "  mail_path = /srv/archive/%{home | sha256}/%{user}",
      "}",
      "sieve_script personal {",
      "  active_path = ~/.dovecot.sieve",
      "  path = ~/sieve",
      "}",
    ];
    expect(places(config.join("\n"), { name: "Bob@example.org", fields })).toEqual([
      "mail /srv/example.org/bob",
      "control /srv/control/Bob@example.org",
      "files /srv/archive",
      "scripts /home/bob/.dovecot.sieve",
      "scripts /home/bob/sieve",
      "home /home/bob",
      "mail /srv/other/bob",
      "control /srv/c/bob",
    ]);
  });

  test("are told once for all users, and nothing is made of what nobody knows", () => {
    const nobody: DovecotUser = { name: "nobody", fields: new Map() };
    const config = [
      "mail_location = maildir:~/Maildir",
      "namespace hashed {",
      "  location = maildir:/%2.256Nu/%u",
      "}",
      "namespace public {",
      "  location = maildir:/var/pub%%lic",
      "}",
    ];
    const user: DovecotUser = { name: "jane", fields: new Map() };
    expect(dovecotPlaces(config.join("\n"), [nobody, user])).toEqual([
      { kind: "mail", path: "/var/pub%lic", user: "nobody" },
    ]);
  });
});

test("doveadm's answer is read where it tells of all users, by 2.2 and by later ones", () => {
  const later =
    "field\tvalue\nuid\t5000\nhome\t/h/a\nmail\tmaildir:~/Maildir\nuid\t5000\nhome\t/h/b\nquota_rule\t*:bytes=0\n\n";
  expect(readUsers(["a", "b"], later)?.map(({ name, fields }) => [name, fields.get("home")])).toEqual([
    ["a", "/h/a"],
    ["b", "/h/b"],
  ]);
  expect(readUsers(["a", "gone", "b"], later)).toBeUndefined();
  const before = "userdb: a\n  home      : /h/a\n  uid       : 5000\nuserdb: b\n  mail      : mbox:~/m\n\n";
  expect(readUsers(["a", "b"], before)?.[0]?.fields.get("home")).toBe("/h/a");
  expect(readUsers(["a", "b"], before)?.[1]?.fields.get("mail")).toBe("mbox:~/m");
});

test("a path lies in a directory by whole names", () => {
  expect(liesIn("/var/vmail/x", ["/srv", "/var/vmail/"])).toBe(true);
  expect(liesIn("/var/vmail", ["/var/vmail"])).toBe(true);
  expect(liesIn("/var/vmail2/x", ["/var/vmail"])).toBe(false);
  expect(liesIn("/etc", ["/"])).toBe(true);
});
