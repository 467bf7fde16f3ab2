import { expect, test } from "vitest";
import { fileNameOf } from "./database-kind.ts";

test("a database's name is one part of a file's name, and no other database's", () => {
  const paths = [
    "/srv/mail/a.db",
    "/srv/mail-a.db",
    "/srv-mail/a.db",
    "/srv/mail_-a.db",
    "/srv/mail_/a.db",
    "/srv/mail/-a.db",
  ];
  const names = ["mail_server", ...paths].map(fileNameOf);
  expect(names[0]).toBe("mail_server");
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.includes("/"))).toEqual([]);
});
