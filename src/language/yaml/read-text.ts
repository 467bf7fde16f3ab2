import { readdir, readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { BadInput, type Problem } from "../../contract/errors.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";

/** Reads a file that a person wrote, as UTF-8 text without its byte order mark. Throws BadInput when it can't be read or is no such text. */
export async function readTextFile(file: string): Promise<string> {
  const bytes = await readBytes(file);
  const problem = checkBytes(file, bytes);
  if (problem !== undefined) throw new BadInput([problem]);
  return bytes.toString("utf8").replace(/^\uFEFF/, "");
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new BadInput([await unreadable(file, error)]);
  }
}

async function unreadable(file: string, error: unknown): Promise<Problem> {
  const place = { file, line: 1, column: 1 };
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") {
    return {
      message: `there is no file ${file}`,
      place,
      hint: didYouMean(basename(file), await neighbours(file)),
    };
  }
  if (code === "EISDIR") {
    return { message: `${file} is a directory`, place, hint: "name the YAML file in it" };
  }
  if (code === "EACCES" || code === "EPERM") {
    return { message: `${file} may not be read by you`, place, hint: `see \`ls -l ${file}\`` };
  }
  throw error;
}

async function neighbours(file: string): Promise<string[]> {
  try {
    return await readdir(dirname(file));
  } catch {
    // The directory is missing too: there is nothing to propose, and the message about the file stands.
    return [];
  }
}

function checkBytes(file: string, bytes: Buffer): Problem | undefined {
  const place = { file, line: 1, column: 1 };
  if (isUtf16(bytes)) {
    return {
      message: `${file} is UTF-16`,
      place,
      hint: `save it as UTF-8: iconv -f utf-16 -t utf-8 ${file}`,
    };
  }
  if (bytes.includes(0)) {
    return {
      message: `${file} is not a text file`,
      place,
      hint: "it holds NUL bytes; a YAML text is wanted",
    };
  }
  const offset = firstInvalid(bytes);
  if (offset === undefined) return undefined;
  const before = bytes.subarray(0, offset).toString("utf8").split("\n");
  return {
    message: `${file} is not valid UTF-8`,
    place: { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
    hint: "save it as UTF-8, or replace the byte at this place",
  };
}

function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const start = bytes.subarray(0, 64);
  const zeros = start.filter((byte) => byte === 0).length;
  return start.length >= 8 && zeros * 2 === start.length - (start.length % 2);
}

/** The offset of the first byte that is not part of a UTF-8 character. */
function firstInvalid(bytes: Buffer): number | undefined {
  const replaced = Buffer.from(bytes.toString("utf8"), "utf8");
  if (replaced.equals(bytes)) return undefined;
  let offset = 0;
  while (offset < bytes.length && bytes[offset] === replaced[offset]) offset += 1;
  return offset;
}
