import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../contract/errors.ts";

/** The pattern of `--limit`, with each `@FILE` in it replaced by the patterns of the file, one on a line. */
export async function readLimit(limit: string | undefined, cwd: string): Promise<string | undefined> {
  if (limit === undefined || !limit.includes("@")) return limit;
  const parts = await Promise.all(
    limit.split(",").map(async (part) => {
      const name = part.trim();
      return name.startsWith("@") ? patternsOf(resolve(cwd, name.slice(1))) : [name];
    }),
  );
  return parts.flat().join(",");
}

async function patternsOf(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Failure("bad-input", `--limit: ${file} can't be read (${cause.code ?? cause.message})`, {
      next: "Give a file with one host or pattern on a line: --limit @FILE.",
      cause,
    });
  });
  const patterns = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (patterns.length > 0) return patterns;
  throw new Failure("bad-input", `--limit: ${file} names no host`, {
    next: "Put one host or pattern on a line.",
  });
}
