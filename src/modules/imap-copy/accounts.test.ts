import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AccountWords, readAccounts } from "./accounts.ts";

const server = { address: "192.0.2.1" };
const withMaster = { ...server, master_user: "master", master_password: "secret" };
const masters = { old: withMaster, new: withMaster };

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mailferry-accounts-"));
});

afterAll(() => rm(directory, { recursive: true }));

const read = (words: AccountWords) =>
  readAccounts(words, { controlPath: (path: string) => join(directory, path) });

const readFileOf = async (text: string, words: AccountWords = masters) => {
  await writeFile(join(directory, "users.csv"), text);
  return read({ ...words, users_file: "users.csv" });
};

describe("the accounts of a copy", () => {
  test("are those of the task, then those of the file; empty fields are as none", async () => {
    await writeFile(join(directory, "users.csv"), 'user,new_user,old_password\nb,,"p,w"\nc,d,\n');
    const accounts = await read({ ...masters, users: ["a"], users_file: "users.csv" });
    expect(accounts.map(({ old, current }) => [old.user, current.user, old.password])).toEqual([
      ["a", "a", undefined],
      ["b", "b", "p,w"],
      ["c", "d", undefined],
    ]);
  });

  test.each([
    ["nobody", () => read(masters), "there is no user", "Name at least one"],
    ["one twice", () => read({ ...masters, users: ["a", "a"] }), "a is named twice for new", "once"],
    [
      "one without a name",
      () => read({ ...masters, users: [{ old_user: "a" }] }),
      "user 1 has no name",
      "`user`",
    ],
    [
      "one without a way in",
      () => read({ old: server, new: withMaster, users: ["a"] }),
      "a has no `old_password`, and old no `master_user`",
      "master user of old",
    ],
    [
      "an unknown column",
      () => readFileOf("user,pass\na,b\n"),
      'has a column "pass"',
      "There are user, old_user",
    ],
    ["a row too long", () => readFileOf("user\na,b\n"), "row 2 has 2 fields, not 1", "stands in quotes"],
    [
      "a file that is not there",
      () => read({ ...masters, users_file: "no.csv" }),
      "can't be read",
      "A path without /",
    ],
  ])("with %s are refused, with the way out", async (_, reading, message, next) => {
    await expect(reading()).rejects.toMatchObject({
      message: expect.stringContaining(message),
      next: expect.stringContaining(next),
    });
  });
});
