import { expect, test } from "vitest";
import { holdsMailPlace, isMailPath, mailDirectoriesIn } from "./mail-places.ts";

test.each([
  "/var/mail",
  "/var/mail/anna",
  "/var/vmail/example.org/anna/Maildir/cur/1",
  "/home/anna/Maildir/new/1",
  "/home/anna/.maildir",
  "/var/spool/mail/anna",
  "/var/spool/postfix/deferred/A",
  "/srv/mail",
  "/data/mdbox/storage",
  "/var/lib/mysql/mailserver",
  "/var/vmail.old/anna",
  "/home/anna/Maildir-2020",
])("%s is a place of mail", (path) => expect(isMailPath(path)).toBe(true));

test.each([
  "/var/mailman",
  "/etc/mailname",
  "/etc/postfix/main.cf",
  "/var/lib/mailferry/x",
  "/home/anna",
  "/srv/mailinglists",
  "/etc/dovecot/conf.d/mdbox.conf",
  "/etc/dovecot/maildir.conf",
])("%s is none", (path) => expect(isMailPath(path)).toBe(false));

test("a directory holds the places below it", () => {
  expect(["/", "/var", "/srv", "/data"].map((path) => holdsMailPlace(path, ["/data/store"]))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(
    ["/etc", "/var/mail/anna", "/data/store"].map((path) => holdsMailPlace(path, ["/data/store"])),
  ).toEqual([false, false, false]);
});

test("variables name further ones", () => {
  const variables = {
    vmail_directory: "/data/store/",
    mail_location: "maildir:/data/%d/%n",
    site_maildir_path: "/data/boxes",
    mail_location_file: "/etc/dovecot/conf.d/10-mail.conf",
    vmail_user: "vmail",
    maildir: "Maildir",
    vmail_uid: 5000,
  };
  expect(mailDirectoriesIn(variables)).toEqual(["/data/store", "/data", "/data/boxes"]);
});
