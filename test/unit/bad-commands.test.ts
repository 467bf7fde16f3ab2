import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  inventoryText,
  makeWorkplace,
  playbookText,
  type Workplace,
} from "../../src/cli/testing/run-in-memory.ts";

/*
 * Each folder with a `command.txt` is one mistake on the command line or in the state: the command as somebody typed it, the
 * state it met (`state/`, where `@here@` is the working directory), and in expected.txt what that person is told and the
 * exit code. Whatever lay there lies there afterwards, byte by byte, and nothing is new. The playbook is `playbookText`.
 */
const folder = join(import.meta.dirname, "bad-input");
const cases = readdirSync(folder).filter((name) => existsSync(join(folder, name, "command.txt")));

describe("bad commands", () => {
  it.each(cases)("%s", async (name) => {
    const directory = join(folder, name);
    const place = makeWorkplace({ "inventory.yml": inventoryText, "move.yml": playbookText });
    try {
      putState(directory, place);
      const before = contentsOf(place.directory);
      const { exitCode, stdout, stderr } = await place.run(wordsOf(join(directory, "command.txt")));
      const told = `${stdout}${stderr}`.replaceAll(place.directory, ".");
      await expect(`${told}exit code ${exitCode}\n`).toMatchFileSnapshot(join(directory, "expected.txt"));
      expect(contentsOf(place.directory)).toEqual(before);
    } finally {
      place.remove();
    }
  });
});

/** The words after `mailferry`; one in quotes may hold blanks. */
function wordsOf(file: string): string[] {
  const [, ...words] =
    readFileSync(file, "utf8")
      .trim()
      .match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replaceAll('"', ""));
}

function putState(directory: string, place: Workplace): void {
  const more = join(directory, "files");
  if (existsSync(more)) cpSync(more, place.directory, { recursive: true });
  const state = join(directory, "state");
  if (!existsSync(state)) return;
  mkdirSync(join(place.directory, ".mailferry", "inventory--move"), { recursive: true });
  for (const name of readdirSync(state)) {
    const text = readFileSync(join(state, name), "utf8").replaceAll("@here@", place.directory);
    place.write(join(".mailferry", "inventory--move", name), text);
  }
}

/** Every path below a directory, with what is in the files. */
function contentsOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(directory, name);
      return [name, statSync(path).isFile() ? readFileSync(path, "utf8") : "a directory"];
    }),
  );
}
