import { describe, expect, it } from "vitest";
import { readCounts } from "./read-counts.ts";
import { readSurvey } from "./read-survey.ts";
import { readAnswers } from "./survey-answers.ts";
import { countedText, recordedSurvey } from "./testing/recorded-survey.ts";

describe("a survey", () => {
  it("knows an ISPmail server of Debian 11", () => {
    expect(recordedSurvey("ispmail-bullseye", "mail-old.example.org", "192.0.2.10")).toMatchObject({
      addresses: ["192.0.2.10"],
      mta: { name: "Postfix", version: "3.5.25" },
      imap: { name: "Dovecot", version: "2.3.13" },
      store: { driver: "maildir", layout: "Maildir++", separator: ".", root: "/var/vmail", owner: "vmail" },
      users: {
        count: 10,
        domains: [
          { name: "example.org", count: 6 },
          { name: "example.net", count: 4 },
        ],
      },
      mailDomains: ["example.org", "example.net"],
      contents: { messages: 257, folders: 93, isWhole: true },
      filters: [{ name: "Rspamd", version: "2.7" }],
      redis: [{ number: 0 }],
      dkim: {
        signer: "Rspamd",
        directory: "/var/lib/rspamd/dkim",
        map: "/etc/rspamd/dkim_selectors.map",
        keys: 2,
      },
      ports: expect.arrayContaining([25, 143, 587, 993, 4190]),
    });
  });

  it("knows its databases and who asks them", () => {
    const { databases } = recordedSurvey("ispmail-bullseye", "mail-old.example.org", "192.0.2.10");
    expect(databases).toEqual([
      {
        kind: "MariaDB",
        name: "mailserver",
        tables: ["virtual_aliases", "virtual_domains", "virtual_users"],
        askedBy: expect.arrayContaining([
          "/etc/postfix/mysql-virtual-mailbox-maps.cf",
          "/etc/dovecot/dovecot-sql.conf.ext",
        ]),
      },
      { kind: "MariaDB", name: "roundcube", tables: ["identities"], askedBy: [] },
    ]);
  });

  it("takes a certificate and the same with its chain for one, the one that is shown first", () => {
    const { certificates } = recordedSurvey("ispmail-bullseye", "mail-old.example.org", "192.0.2.10");
    expect(certificates.map(({ file }) => file)).toEqual([
      "/etc/letsencrypt/live/mail.example.org/fullchain.pem",
      "/etc/letsencrypt/live/mail.example.net/cert.pem",
    ]);
    expect(certificates[0]).toMatchObject({
      names: expect.arrayContaining(["mail.example.org"]),
      ends: expect.stringMatching(/^20\d\d-\d\d-\d\d$/),
    });
  });

  it("knows Dovecot 2.4 by its settings alone, where it has no user yet", () => {
    expect(recordedSurvey("ispmail-trixie", "mail-new.example.org", "192.0.2.20")).toMatchObject({
      store: { driver: "maildir", layout: "Maildir++", separator: ".", root: "/var/vmail" },
      databases: [
        { kind: "MariaDB", name: "mailserver", askedBy: expect.arrayContaining(["doveconf"]) },
        { name: "roundcube" },
      ],
    });
  });

  it("knows dbox", () => {
    expect(recordedSurvey("dbox-trixie", "mail-new.example.org", "192.0.2.20").store).toMatchObject({
      driver: "sdbox",
      layout: undefined,
    });
  });

  // From `doveconf -N` of Dovecot 2.4.1, which `-n` leaves `mailbox_list_layout = fs` out of: it is the default of other formats.
  it("knows Maildirs in directories, and what the inbox's namespace says itself", () => {
    const said = (more: string) => `doveconf
  # 2.4.1-4 (7d8c0e5759): /etc/dovecot/dovecot.conf
  dovecot_config_version = 2.4.0
  mail_driver = maildir
  mail_gid = vmail
  mail_home = /var/vmail/%{user | domain}/%{user | username}
  mail_inbox_path = /var/mail/%{user}
  mail_path = ~/Maildir
  mail_uid = vmail
  mailbox_list_layout = fs
  namespace inbox {
    inbox = yes
${more}  }
`;
    const storeOf = (text: string) =>
      readSurvey("new", { facts: bare, answers: readAnswers(text), knownAs: [] }).store;
    expect(storeOf(said(""))).toMatchObject({
      ...{ driver: "maildir", layout: "fs", separator: "/", root: "/var/vmail", owner: "vmail" },
    });
    const own = "    mail_driver = mdbox\n    mail_path = ~/mdbox\n    separator = .\n";
    expect(storeOf(said(own))).toMatchObject({ driver: "mdbox", layout: undefined, separator: "." });
  });

  it("knows Dovecot 1.2, which has no braces", () => {
    const text = `doveconf
  # 1.2.15: /etc/dovecot/dovecot.conf
  mail_location: maildir:/srv/mail/%d/%n:LAYOUT=fs
  namespace:
    type: private
    separator: /
    inbox: yes
`;
    const { store } = readSurvey("old", { facts: bare, answers: readAnswers(text), knownAs: [] });
    expect(store).toMatchObject({ driver: "maildir", layout: "fs", separator: "/", root: "/srv/mail" });
  });

  it("knows qmail by its control files", () => {
    const survey = recordedSurvey("qmail", "mail-old.example.org", "192.0.2.10");
    expect(survey).toMatchObject({
      mta: { name: "qmail" },
      imap: undefined,
      store: { root: "/mail", homesDepth: 2, owner: undefined },
      mailDomains: ["example.org", "example.net"],
    });
    expect(survey.qmail?.get("virtualdomains")).toEqual(["example.net:bob"]);
  });

  it("knows where homes lie that qmail delivers to, when they have a directory in common", () => {
    const storeOf = (...homes: string[]) => {
      const text = `qmail\n  file me\n    mail.example.org\nqmail-homes\n${homes.map((home) => `  ${home}\n`).join("")}`;
      const { store } = readSurvey("old", { facts: bare, answers: readAnswers(text), knownAs: [] });
      return [store?.root, store?.homesDepth];
    };
    expect(storeOf("/mail/example.net", "/mail/example.org")).toEqual(["/mail", 2]);
    expect(storeOf("/home/vpopmail/domains")).toEqual(["/home/vpopmail/domains", 1]);
    expect(storeOf("/srv/mail/a.org/x", "/srv/mail/b.org/y")).toEqual(["/srv/mail", 3]);
    expect(storeOf("/home", "/mail/example.org")).toEqual([undefined, undefined]);
    expect(storeOf("/mail", "/mail/example.org")).toEqual([undefined, undefined]);
    // A pass would remove on new what else is there.
    expect(storeOf("/home")).toEqual([undefined, undefined]);
    expect(storeOf("/srv/a.org", "/srv/b.org")).toEqual([undefined, undefined]);
    expect(storeOf()).toEqual([undefined, undefined]);
  });

  it("takes the mail server that runs for the host's, and its domains, where another one is installed, too", () => {
    const both = (running: string) => {
      const text = `running
${running}postconf
  myhostname = mail.example.org
  mydestination = $myhostname, old.example.org, localhost
qmail
  file me
    mail.example.org
  file rcpthosts
    example.org
`;
      const { mta, mailDomains } = readSurvey("old", {
        facts: { ...bare, versions: { postfix: "3.10.13" } },
        answers: readAnswers(text),
        knownAs: [],
      });
      return [mta?.name, mailDomains];
    };
    expect(both("  qmail\n")).toEqual(["qmail", ["example.org"]]);
    expect(both("  Postfix\n")).toEqual(["Postfix", ["old.example.org"]]);
    expect(both("  Postfix\n  qmail\n")).toEqual(["Postfix", ["old.example.org"]]);
    expect(both("")).toEqual(["Postfix", ["old.example.org"]]);
  });

  it("knows a chatmail relay by its chatmail.ini", () => {
    const survey = recordedSurvey("chatmail", "chat.example.org", "192.0.2.10");
    expect(survey).toMatchObject({
      store: { driver: "maildir", separator: "/", root: "/home/vmail/mail/chat.example.org" },
      mailDomains: ["chat.example.org"],
      dkim: { signer: "OpenDKIM", directory: "/etc/dkimkeys", keys: 1 },
    });
    expect(survey.chatmail?.get("mailboxes_dir")).toBe("/home/vmail/mail/chat.example.org");
  });

  it("names servers that it has no words for", () => {
    expect(recordedSurvey("exim-courier", "mail-old.example.org", "192.0.2.10")).toMatchObject({
      mta: { name: "Exim", version: "4.94.2" },
      imap: { name: "Courier", version: "5.0.13" },
      store: undefined,
      mailDomains: ["example.org", "example.net"],
      filters: [{ name: "SpamAssassin" }],
    });
  });

  it("believes what lies on the disk more than the settings", () => {
    const counts = readCounts(
      countedText
        .replace("dotted 84", "dotted 0")
        .replace("nested 0", "nested 84")
        .replace("vmail:vmail", "mail:mail"),
    );
    const answers = readAnswers("doveconf\n  mail_location = maildir:/srv/mail/%d/%n\n");
    expect(readSurvey("old", { facts: bare, answers, knownAs: [], counts }).store).toMatchObject({
      layout: "fs",
      root: "/srv/mail",
      owner: "mail",
    });
  });

  it("finds where users' homes lie in all the ways that Dovecot is told", () => {
    const root = (text: string) =>
      readSurvey("old", { facts: bare, answers: readAnswers(text), knownAs: [] }).store?.root;
    expect(root("doveconf\n  mail_location = maildir:/srv/mail/%d/%n\n")).toBe("/srv/mail");
    expect(root("doveconf\n  mail_home = /srv/%u\n  mail_location = maildir:~/Maildir\n")).toBe("/srv");
    expect(
      root("doveconf\n  mail_location = maildir:~/M\n  userdb {\n    args = uid=1 home=/a/b/%d/%n\n  }\n"),
    ).toBe("/a/b");
    expect(root("doveconf\n  mail_location = mbox:~/mail\nuser\n  user john\n  home\t/home/john\n")).toBe(
      "/home",
    );
    expect(root("doveconf\n  mail_location = maildir:~/Maildir\n")).toBeUndefined();
  });

  it("takes the addresses that the name leads to for those of a host behind a NAT", () => {
    const facts = { ...bare, all_ipv4_addresses: ["10.0.0.5"], all_ipv6_addresses: ["2001:db8::5"] };
    const addresses = (knownAs: string[]) =>
      readSurvey("old", { facts, answers: new Map(), knownAs }).addresses;
    expect(addresses(["192.0.2.10"])).toEqual(["192.0.2.10", "2001:db8::5"]);
    expect(addresses([])).toEqual(["10.0.0.5", "2001:db8::5"]);
  });

  it("reads a host that has nothing", () => {
    expect(readSurvey("old", { facts: bare, answers: new Map(), knownAs: [] })).toMatchObject({
      mta: undefined,
      imap: undefined,
      store: undefined,
      databases: [],
      certificates: [],
      mailDomains: [],
      ports: [],
    });
  });
});

const bare = {
  fqdn: "old.example.org",
  distribution: "debian",
  distribution_version: "12",
  versions: {},
  all_ipv4_addresses: [],
  all_ipv6_addresses: [],
};
