import { afterAll, beforeAll, describe } from "vitest";
import { composed } from "./composed/promises.ts";
import { databaseRole } from "./database-role/promises.ts";
import { databases } from "./databases/promises.ts";
import { fileModules } from "./file-modules/promises.ts";
import { generalModules } from "./general-modules/promises.ts";
import { imapCopy } from "./imap-copy/promises.ts";
import { labName } from "./lab-name.ts";
import { layout } from "./layout/promises.ts";
import { type BootedLab, bootLab } from "./module-lab.ts";
import { postfixQueue } from "./postfix-queue/promises.ts";
import { underWay } from "./postfix-queue/under-way.ts";
import { qmailMysql } from "./qmail-mysql/promises.ts";
import { resuming } from "./resuming/promises.ts";
import { systemModules } from "./system-modules/promises.ts";

/** What modules and runs promise, on Debian 11 and 13. Each folder holds a playbook and what is promised of it. */
describe("on real hosts", () => {
  let booted: BootedLab;
  beforeAll(async () => {
    booted = await bootLab(labName("modules"));
  });
  afterAll(() => booted?.close());

  describe("what is shown, and gone on with", () => resuming(() => booted));
  describe("the general modules", () => generalModules(() => booted));
  describe("the modules about the system", () => systemModules(() => booted));
  describe("the modules about files", () => fileModules(() => booted));
  describe("a queue that runs empty", () => underWay(() => booted));
  describe("a queue that is carried", () => postfixQueue(() => booted));
  describe("databases of other kinds", () => databases(() => booted));
  describe("the role database", () => databaseRole(() => booted));
  describe("whether mailboxes can be copied as files", () => layout(() => booted));
  describe("the tables of qmail's MySQL patches", () => qmailMysql(() => booted));
  describe("the copy through IMAP", () => imapCopy(() => booted));
  describe("a pair that no playbook fits", () => composed(() => booted));
});
