import { isUtf8 } from "node:buffer";
import type { TextDiff } from "../contract/change.ts";

/** A file before and after a change; undefined content stands for no file. */
export interface FileVersions {
  readonly path: string;
  readonly before: Buffer | undefined;
  readonly after: Buffer | undefined;
  /** Permission bits as octal digits, of the version that is kept more closely. */
  readonly mode: string;
}

/** Larger content is not shown: nobody reads it, and it would fill the journal. */
const longestShownBytes = 256 * 1024;

/**
 * The diff that may be shown of a change, and why not where there is none: what is not for everybody to read on the host
 * (passwords for the database, keys) is not to be read in a terminal or a report either.
 */
export function diffOf(file: FileVersions): {
  readonly diff?: readonly TextDiff[];
  readonly hidden?: string;
} {
  const contents = [file.before, file.after].filter((content) => content !== undefined);
  if (!isForEverybody(file.mode)) return { hidden: "content not shown, it is not for everybody to read" };
  if (contents.some(holdsPrivateKey)) return { hidden: "content not shown, it holds a private key" };
  if (contents.some((content) => content.length > longestShownBytes)) return {};
  if (contents.some(isBinary)) return {};
  const before = file.before?.toString("utf8");
  const after = file.after?.toString("utf8");
  return { diff: [{ path: file.path, before, after }] };
}

function isForEverybody(mode: string): boolean {
  return (Number.parseInt(mode.slice(-1), 8) & 4) !== 0;
}

function holdsPrivateKey(content: Buffer): boolean {
  return content.includes("PRIVATE KEY-----");
}

function isBinary(content: Buffer): boolean {
  return content.includes(0) || !isUtf8(content);
}
