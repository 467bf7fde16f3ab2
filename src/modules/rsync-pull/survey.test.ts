import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { filterRules } from "./filter-rules.ts";
import { type Survey, survey } from "./survey.ts";

const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: localShell }] });

/** Makes a mail root of these files, each of so many bytes; names are bytes. */
function rootOf(
  files: Readonly<Record<string, number>>,
  links: readonly (readonly [from: string, to: string])[] = [],
): string {
  const root = mkdtempSync(join(tmpdir(), "mailferry-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const placeOf = (path: string): Buffer => {
    const place = Buffer.from(join(root, path), "latin1");
    mkdirSync(Buffer.from(dirname(place.toString("latin1")), "latin1"), { recursive: true });
    return place;
  };
  for (const [path, bytes] of Object.entries(files)) writeFileSync(placeOf(path), "x".repeat(bytes));
  for (const [from, to] of links) linkSync(placeOf(from), placeOf(to));
  return root;
}

/** Surveys such a mail root; parts by their names. */
async function surveyOf(...of: Parameters<typeof rootOf>): Promise<Survey> {
  const found = await surveyBelow(rootOf(...of));
  return { ...found, parts: found.parts.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

async function surveyBelow(root: string): Promise<Survey> {
  const found = await survey(root, filterRules({ maildir: true }), host);
  if (found === undefined) throw new Error("no survey");
  return found;
}

/** A directory of a hundred files. */
function crowd(directory: string): Record<string, number> {
  return Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`${directory}/${number}`, 0]));
}

describe("a survey", () => {
  test("counts blocks, files and mailboxes below each domain", async () => {
    const found = await surveyOf({
      "a.org/anna/Maildir/cur/1": 0,
      "a.org/anna/Maildir/cur/2": 1,
      "a.org/anna/Maildir/.Sent/cur/3": 513,
      "a.org/anna/Maildir/dovecot.index.cache": 9999,
      "a.org/postmaster": 5,
      "b.org/fs/mail/cur/1": 0,
      "b.org/fs/mail/Lists/cur/1": 0,
      "b.org/hash/one/cur/1": 0,
      "b.org/hash/two/cur/1": 0,
    });
    expect(found).toEqual({
      isApart: true,
      above: ["a.org/postmaster"],
      parts: [
        // Five directories, three files, and one and two blocks of content.
        { path: "a.org/anna", files: 3, bytes: 512 * (5 + 3 + 1 + 2), mailboxes: 1 },
        { path: "b.org/fs", files: 2, bytes: 512 * (5 + 2), mailboxes: 1 },
        { path: "b.org/hash", files: 2, bytes: 512 * (5 + 2), mailboxes: 2 },
      ],
    });
  });

  test("takes a Maildir, and a directory of many files, as one part", async () => {
    const found = await surveyOf({
      "anna/cur/1": 0,
      "anna/.Sent/cur/1": 0,
      ...crowd("many"),
      "many/one/x": 0,
      top: 0,
    });
    expect(found).toMatchObject({
      isApart: true,
      above: ["top"],
      parts: [
        { path: "anna", files: 2, mailboxes: 1 },
        { path: "many", files: 101, mailboxes: 0 },
      ],
    });
  });

  test("sees a link between two parts, and none within one", async () => {
    const files = { "a/one/cur/1": 1, "a/one/new/2": 1, "a/two/cur/3": 1 };
    const links = (to: string) => surveyOf(files, [["a/one/cur/1", to]]);
    expect((await links("a/one/.Sent/cur/4")).isApart).toBe(true);
    expect((await links("a/two/cur/4")).isApart).toBe(false);
    expect((await links("a/bob/cur/4")).isApart).toBe(false);
    expect((await links("4")).isApart).toBe(false);
  });

  test("leaves names alone that are no line of a list", async () => {
    for (const name of ["a/line\nbreak", "a/blank ", "a/tab\t", "line\nbreak/b", "a/b/line\nbreak"]) {
      const found = await surveyOf({ "a/plain/cur/1": 1, [`${name}/cur/1`]: 1 });
      expect([name, found.isApart]).toEqual([name, false]);
    }
    expect((await surveyOf({ "a/plain/cur/1": 1, "a/blank ": 1 })).isApart).toBe(false);
    for (const name of ["a/\u00ff\u00a0", "a/ b", "-rf/*", "a/?[x]\\\\", "#/#"]) {
      const found = await surveyOf({ "a/plain/cur/1": 1, [`${name}/cur/1`]: 1 });
      expect([name, found.isApart]).toEqual([name, true]);
    }
  });

  test("tells parts in the order in which tar comes to them", async () => {
    const users = Array.from({ length: 26 }, (_, at) => String.fromCodePoint(97 + at));
    const root = rootOf(Object.fromEntries(users.map((user) => [`${user}.org/${user}/cur/1`, 1])));
    const listed = execFileSync("tar", ["-C", root, "-cvf", "/dev/null", "."], { encoding: "utf8" });
    const inTarsOrder = [...listed.matchAll(/^\.\/([^/\n]+\/[^/\n]+)\/$/gm)].map(([, path]) => path);
    expect((await surveyBelow(root)).parts.map(({ path }) => path)).toEqual(inTarsOrder);
  });

  test("counts each file and directory once, whichever half it is of", async () => {
    const names = ["a", "b", "cur", "-x", "\u00ff", "e."];
    const pairs = names.flatMap((one) => names.map((two) => `${one}/${two}`));
    const root = rootOf(
      Object.fromEntries(
        pairs.flatMap((pair) => [`${pair}/cur/1`, `${pair}/x/y/2`].map((path) => [path, 1])),
      ),
    );
    const { parts } = await surveyBelow(root);
    const sum = (of: (part: (typeof parts)[number]) => number) =>
      parts.reduce((all, part) => all + of(part), 0);
    expect(sum(({ files }) => files)).toBe(2 * pairs.length);
    // Each of these directories of the root is one part. Each pair: four directories, two files of two blocks; and the six above.
    expect(sum(({ bytes }) => bytes)).toBe(512 * ((4 + 2 * 2) * pairs.length + names.length));
  });

  test("is none where the root is not there", async () => {
    expect(await survey("/nowhere", [], host)).toBeUndefined();
  });
});
