import { posix } from "node:path";
import { BadInput } from "../../contract/errors.ts";
import { regularExpression } from "../regular-expression.ts";
import type { ListedPath } from "./list-paths.ts";

/** What an entry must be to be found. */
export interface PathWishes {
  readonly patterns?: string | readonly string[];
  readonly excludes?: string | readonly string[];
  readonly use_regex?: boolean;
  readonly file_type?: "any" | "directory" | "file" | "link";
  readonly hidden?: boolean;
  readonly age?: string | number;
  readonly age_stamp?: "atime" | "ctime" | "mtime";
  readonly size?: string | number;
}

/** The test that an entry must pass. Throws BadInput for what can't be understood. */
export function pathTest(wishes: PathWishes, now: number): (entry: ListedPath) => boolean {
  const { file_type = "file", hidden = false, age_stamp = "mtime", use_regex = false } = wishes;
  const wanted = nameTests("patterns", wishes.patterns, use_regex);
  const excluded = nameTests("excludes", wishes.excludes, use_regex);
  const age = amount("age", wishes.age, secondsIn);
  const size = amount("size", wishes.size, bytesIn);
  return (entry) => {
    const name = posix.basename(entry.path);
    if (file_type !== "any" && entry.type !== typeLetters[file_type]) return false;
    if (!hidden && name.startsWith(".")) return false;
    if (wanted.length > 0 && !wanted.some((test) => test(name))) return false;
    if (excluded.some((test) => test(name))) return false;
    return isAtLeast(now - entry[age_stamp], age) && isAtLeast(entry.size, size);
  };
}

const typeLetters = { file: "f", directory: "d", link: "l" };
const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const bytesIn: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** A wish of 5 is "5 or more", one of -5 is "5 or less". */
function isAtLeast(found: number, wish: number | undefined): boolean {
  if (wish === undefined) return true;
  // 0 and -0 differ here: "-0d" is "no older than now".
  return Object.is(Math.sign(wish), -0) || wish < 0 ? found <= -wish : found >= wish;
}

function amount(
  what: string,
  given: string | number | undefined,
  units: Readonly<Record<string, number>>,
): number | undefined {
  if (given === undefined || typeof given === "number") return given;
  const [, number, unit = ""] = /^(-?\d+)([a-z]?)[a-z]*$/i.exec(given.trim()) ?? [];
  const factor = unit === "" ? 1 : units[unit.toLowerCase()];
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new BadInput([
    {
      message: `find: ${what} can't be "${given}"`,
      hint: `Write a number and one of ${Object.keys(units).join(", ")}, for instance "2${Object.keys(units)[2]}".`,
    },
  ]);
}

/** As in Ansible, one string may hold several patterns with commas between; a regular expression is taken whole. */
function nameTests(
  argument: string,
  given: string | readonly string[] | undefined,
  areExpressions: boolean,
): ((name: string) => boolean)[] {
  if (given === undefined) return [];
  if (areExpressions) {
    const sources = typeof given === "string" ? [given] : given;
    const expressions = sources.map((source) => regularExpression("find", argument, source));
    // It has to match at the start, as Python's match does, and not to the end.
    return expressions.map((expression) => (name) => name.search(expression) === 0);
  }
  const globs = typeof given === "string" ? given.split(",") : given;
  const expressions = globs.map((glob) => new RegExp(`^${globSource(glob.trim())}$`, "s"));
  return expressions.map((expression) => (name) => expression.test(name));
}

/** What a file name pattern is as a regular expression. A `*` matches dots in front too: `hidden` decides on those. */
function globSource(glob: string): string {
  return glob.replaceAll(/\[!?\]?[^\]]*\]|[\s\S]/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length === 1) return part.replace(/[\\^$.|+()[\]{}]/, "\\$&");
    const inner = part.slice(1, -1).replaceAll(/[\\[\]^]/g, "\\$&");
    return inner.startsWith("!") ? `[^${inner.slice(1)}]` : `[${inner}]`;
  });
}
