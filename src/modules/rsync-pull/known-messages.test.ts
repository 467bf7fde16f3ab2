import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listMessagesFunction } from "./known-messages.ts";

describe("names that are not among many others", () => {
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), "mailferry-test-"));
  });
  afterAll(() => rmSync(place, { recursive: true }));

  const text = (name: Buffer | undefined) => String(name?.toString("latin1"));
  const sorted = (names: readonly string[]) =>
    [...new Set(names)].map((name) => Buffer.from(name, "latin1")).sort(Buffer.compare);
  const write = (file: string, names: readonly Buffer[]) => {
    const path = join(place, file);
    writeFileSync(path, Buffer.concat(names.map((name) => Buffer.concat([name, Buffer.from("\0")]))));
    return path;
  };
  const notIn = (names: readonly string[], known: readonly string[], before = "") => {
    const argv = [
      ...["-c", `${before}${listMessagesFunction}\nnames_not_in "$1" "$2"`, "sh"],
      ...[write("names", sorted(names)), write("known", sorted(known))],
    ];
    return execFileSync("sh", argv, { maxBuffer: 1 << 26 })
      .toString("latin1")
      .split("\0")
      .slice(0, -1);
  };

  // Of every length, so that a name begins at each place of what is searched.
  const many = Array.from(
    { length: 20_000 },
    (_, at) => `user${at % 97}/${"\xff x\n".repeat(at % 60)}${at * 2}.a`,
  );

  test("are found wherever they would stand", () => {
    const first = "!";
    const last = "\xff\xff";
    const known = [...many, "user", "user0"];
    for (let at = 0; at < 60; at += 1) {
      const some = [0, 1, 2].map((step) => many[(at * 331 + step * 4999) % many.length] as string);
      const others = some.map((name) => `${name}b`);
      const cut = some.map((name) => name.slice(0, -1));
      expect(notIn([...some, ...others, ...cut, first, last], known)).toEqual(
        sorted([...others, ...cut, first, last]).map(text),
      );
    }
    expect(notIn([sorted(known)[0], sorted(known).at(-1)].map(text), known)).toEqual([]);
  });

  test("are found by reading all where they are many, and where the host has no perl", () => {
    const half = many.filter((_, at) => at % 2 === 0);
    expect(notIn(many, half)).toHaveLength(many.length / 2);
    expect(notIn(["nobody"], [])).toEqual(["nobody"]);
    expect(notIn([], many)).toEqual([]);
    const [some = ""] = many;
    expect(notIn([some, `${some}b`], many, "perl() { return 127; }")).toEqual([`${some}b`]);
  });

  test("are not said to be none where the names can't be read", () => {
    const known = write("known", sorted(many));
    const argv = ["-c", `${listMessagesFunction}\nnames_not_in "$1" "$2"`, "sh", place, known];
    expect(() => execFileSync("sh", argv, { stdio: "pipe" })).toThrow("Is a directory");
  });
});
