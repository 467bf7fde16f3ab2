import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { TextDiff } from "../contract/change.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { RunInputs } from "./run-inputs.ts";

/** The file of a run that holds copies of what it was made from, to show later what was changed. */
export const copiesFile = "inputs.json";

/** A longer file is not copied: of it is told only that it was changed. */
const longestCopyBytes = 64 * 1024;
const mask = "********";

/** The texts of a run's files, by path, and the hosts of its inventory, with secrets masked. */
export interface InputCopies {
  readonly files: Readonly<Record<string, string>>;
  readonly hosts: string;
}

/** Tells whether a text holds a secret that is known. */
type HoldsSecret = (text: string) => boolean;

/** Reads what a run is made from, as far as it may lie on the disk once more. */
export function copyInputs(
  { files }: RunInputs,
  { groups }: Inventory,
  holdsSecret: HoldsSecret = () => false,
): InputCopies {
  const copies = Object.keys(files).flatMap((path) => {
    const text = copyOf(path, holdsSecret);
    return text === undefined ? [] : [[path, text]];
  });
  const hosts = [...groups].map(([name, members]) => `${name}: ${members.join(", ")}\n`);
  return { files: Object.fromEntries(copies), hosts: hosts.join("") };
}

/** Keeps the copies for the run. */
export function writeCopies(file: string, copies: InputCopies): void {
  writeFileSync(file, JSON.stringify(copies), { mode: 0o600 });
}

/** Reads the copies that a run kept; none when it kept none, or was killed while it did. */
export function readCopies(file: string): InputCopies {
  const none = { files: {}, hosts: "" };
  if (!existsSync(file)) return none;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as InputCopies;
  } catch (error) {
    if (error instanceof SyntaxError) return none;
    throw error;
  }
}

/** What was changed, where both texts are known and differ in what may be shown. */
export function diffsOf(
  before: RunInputs,
  now: RunInputs,
  copies: { readonly before: InputCopies; readonly now: InputCopies },
  nameOf: (path: string) => string,
): TextDiff[] {
  const paths = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])].sort();
  const changed = paths.filter((path) => before.files[path] !== now.files[path]);
  const files = changed.map((path) => ({
    path: nameOf(path),
    before: textOf(path, before, copies.before),
    after: textOf(path, now, copies.now),
  }));
  const hosts = { path: "hosts of the inventory", before: copies.before.hosts, after: copies.now.hosts };
  return [...files, ...(before.hosts === now.hosts ? [] : [hosts])].flatMap((diff) =>
    diff.before === null || diff.after === null || diff.before === diff.after
      ? []
      : [{ ...diff, before: diff.before, after: diff.after }],
  );
}

/** The text of a file; undefined when it was not there, null when it is not known. */
function textOf(path: string, { files }: RunInputs, copies: InputCopies): string | null | undefined {
  return files[path] === undefined ? undefined : (copies.files[path] ?? null);
}

function copyOf(path: string, holdsSecret: HoldsSecret): string | undefined {
  if (statSync(path).size > longestCopyBytes) return undefined;
  const text = readFileSync(path, "utf8");
  // What is no text, and what is one secret as a whole.
  if (/[\0\ufffd]|-----BEGIN [A-Z ]*PRIVATE KEY|AGE-SECRET-KEY-/.test(text)) return undefined;
  return withoutSecrets(text, holdsSecret);
}

const secretName = "pass(?:word|wd|phrase)?|secret|token|private_?key|api_?key|credential";
/** A value under a name that speaks of a secret, but for templates, which only name one. */
const secretValue = new RegExp(
  `((?:${secretName})[\\w-]*["']?\\s*[:=]\\s*)(?!["']?\\{\\{|[|>][-+\\d]*\\s*$)("[^"]*"|'[^']*'|[^\\s,}]+)`,
  "gi",
);
/** The same, with the text in the lines below. */
const secretBlock = new RegExp(`^(\\s*).*(?:${secretName})[\\w-]*["']?\\s*:\\s*[|>][-+\\d]*\\s*$`, "i");

/** The text with each line masked that holds a known secret, and each value that a name calls one. */
function withoutSecrets(text: string, holdsSecret: HoldsSecret): string {
  let blockIndent: number | undefined;
  const lines = text.split("\n").map((line) => {
    const indent = line.length - line.trimStart().length;
    if (blockIndent !== undefined && (line.trim() === "" || indent > blockIndent)) return mask;
    blockIndent = secretBlock.exec(line)?.[1]?.length;
    return holdsSecret(line) ? mask : line.replaceAll(secretValue, `$1${mask}`);
  });
  return lines.join("\n");
}
