import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { lowerPriorityLine, type Priority } from "../priority.ts";
import type { FilterRule } from "./filter-rules.ts";
import { longLookMs } from "./source-check.ts";

/** How large a mail root is, and in which parts it may be copied. */
export interface Survey {
  /** In the order in which tar comes to them. */
  readonly parts: readonly Part[];
  /** What is in no part and no directory, by its path below the root. */
  readonly above: readonly ByteText[];
  /** Whether parts may go their own ways: false when a file has a link outside of its part, or a name is no line of a list. */
  readonly isApart: boolean;
}

/** A directory with all that is in it: a mailbox, in most mail roots. */
export interface Part {
  /** Below the root. */
  readonly path: ByteText;
  readonly files: number;
  /** About what a tar stream has for it: a block of 512 bytes before each entry, and content in whole blocks. */
  readonly bytes: number;
  readonly mailboxes: number;
}

/** Looks through a mail root but for what the rules leave out; undefined when not all of it could be looked at. */
export async function survey(
  root: string,
  rules: readonly FilterRule[],
  host: HostReader,
  priority?: Priority,
): Promise<Survey | undefined> {
  const leftOut = rules
    .filter(({ action }) => action === "exclude")
    .flatMap(({ pattern }) => ["!", "-name", pattern]);
  const script = lowerPriorityLine(priority) + surveyScript;
  const { exitCode, stdout } = await host.probe(["sh", "-c", script, "sh", root, ...leftOut], {
    accept: "any",
    timeoutMs: longLookMs,
  });
  const records = recordsOf(stdout.toString("latin1"));
  const ending = records.findLast(({ path }) => path === "")?.word;
  if (exitCode !== 0 || ending === undefined) return undefined;
  const wholes = wholeParts(records);
  const parts = partsOf(records, wholes);
  const above = records.filter(({ path, word }) => word === "above" && !wholes.has(topOf(path)));
  const isListable = [...parts, ...above].every(({ path }) => !/[ \t\v\f\r]$/.test(path));
  return { parts, above: above.map(({ path }) => path), isApart: ending === "apart" && isListable };
}

/** What lies at most two directories deep. */
interface SurveyRecord extends Part {
  /** `mailbox` for a Maildir less deep than that, which the parts in it belong to; `above` for what is no directory. */
  readonly word: string;
}

function recordsOf(text: string): SurveyRecord[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [path = "", word = ""] = line.split("//");
      const [files = 0, bytes = 0, mailboxes = 0] = word.split(" ").map((number) => Number(number) || 0);
      return { path, word, files, bytes, mailboxes };
    });
}

/** A directory of the root with more files in it is one part with all that is in it. */
const fewFiles = 64;

/** The directories of the root that are one part each: Maildirs, and those with many files. */
function wholeParts(records: readonly SurveyRecord[]): Set<ByteText> {
  const counts = new Map<ByteText, number>();
  for (const { path, files, word } of records) {
    if (path.includes("/")) continue;
    counts.set(path, (counts.get(path) ?? 0) + (word === "mailbox" ? fewFiles + 1 : files));
  }
  const wholes = [...counts].filter(([path, count]) => path !== "." && count > fewFiles);
  return new Set(wholes.map(([path]) => path));
}

function partsOf(records: readonly SurveyRecord[], wholes: ReadonlySet<ByteText>): Part[] {
  const maildirs = new Set(records.filter(({ word }) => word === "mailbox").map(({ path }) => path));
  const parts = new Map<ByteText, Part>();
  for (const { path: place, word, ...more } of records) {
    const top = topOf(place);
    if (word === "above" || (top === place && !wholes.has(top))) continue;
    const path = wholes.has(top) ? top : place;
    const { files, bytes, mailboxes } = parts.get(path) ?? { files: 0, bytes: 0, mailboxes: 0 };
    parts.set(path, {
      ...{ path, files: files + more.files, bytes: bytes + more.bytes },
      mailboxes: maildirs.has(top) ? 1 : mailboxes + more.mailboxes,
    });
  }
  return [...parts.values()];
}

function topOf(path: ByteText): ByteText {
  return path.split("/", 1)[0] ?? "";
}

/**
 * `$1` is the root, the rest are words for find on files. What lies in a part comes in one piece: find goes down first. So the links of
 * a file are all there at the part's end, or there are some elsewhere.
 */
const surveyScript = String.raw`cd -- "$1" || exit 1
shift
{
  find . -mindepth 1 -maxdepth 2 ! -type d -printf '%p//above\n' 2>/dev/null
  find . -mindepth 1 \( -type d -printf '%p//d\n' \) -o \( -type f "$@" \
    \( -links 1 -printf '%h//%s\n' -o -printf '%h//%s %n %D:%i\n' \) \) 2>/dev/null
  echo "//$?"
} | LC_ALL=C awk -F// '
  function finish(name, up, mailboxes) {
    for (name in seen) if (seen[name] != links[name]) tied = 1
    for (name in maildirs) {
      for (up = name; sub(/\/[^\/]*$/, "", up) && !(up in maildirs); );
      if (up == ".") mailboxes++
    }
    if (part != "") printf "%s//%d %.0f %d\n", part, files, blocks * 512, mailboxes
    split("", seen); split("", links); split("", maildirs)
    files = blocks = 0
  }
  NF != 2 { tied = 1; next }
  $1 == "" { ended = $2; next }
  $2 == "above" { print substr($1, 3) "//above"; next }
  $1 != at {
    at = $1
    depth = split(at, names, "/")
    now = depth < 2 ? "." : depth == 2 ? names[2] : names[2] "/" names[3]
    if (now != part) { finish(); part = now }
  }
  $2 == "d" {
    blocks++
    if (names[depth] != "cur") next
    if (depth > 3) maildirs[substr(at, 1, length(at) - 4)]
    else print (depth == 2 ? "." : names[2]) "//mailbox"
    next
  }
  {
    files++
    blocks += 1 + int(($2 + 511) / 512)
    if (split($2, file, " ") == 3) { seen[file[3]]++; links[file[3]] = file[2] }
  }
  END {
    finish()
    if (ended == "0" || ended == "1") print tied ? "//tied" : "//apart"
  }'`;
