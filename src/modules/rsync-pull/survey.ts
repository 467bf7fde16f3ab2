import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { lowerPriorityLine, type Priority } from "../priority.ts";
import type { FilterRule } from "./filter-rules.ts";
import { halfLines } from "./halves.ts";
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
  const halves = await Promise.all(
    (["first", "second"] as const).map((half) => surveyHalf(half, root, rules, host, priority)),
  );
  const records = halves.flatMap((half) => half ?? []);
  const endings = records.filter(({ path }) => path === "").map(({ word }) => word);
  if (halves.includes(undefined) || endings.length !== halves.length) return undefined;
  const wholes = wholeParts(records);
  const parts = partsOf(records, wholes);
  const above = records.filter(({ path, word }) => word === "above" && !wholes.has(topOf(path)));
  const isListable = [...parts, ...above].every(({ path }) => !/[ \t\v\f\r]$/.test(path));
  const isApart = endings.every((ending) => ending === "apart") && isListable;
  return { parts, above: above.map(({ path }) => path), isApart };
}

/** Undefined when it could not be looked at. */
async function surveyHalf(
  half: "first" | "second",
  root: string,
  rules: readonly FilterRule[],
  host: HostReader,
  priority: Priority | undefined,
): Promise<SurveyRecord[] | undefined> {
  const leftOut = rules
    .filter(({ action }) => action === "exclude")
    .flatMap(({ pattern }) => ["!", "-name", pattern]);
  const script = lowerPriorityLine(priority) + surveyScript;
  const { exitCode, stdout } = await host.probe(["sh", "-c", script, "sh", root, half, ...leftOut], {
    accept: "any",
    timeoutMs: longLookMs,
  });
  return exitCode === 0 ? recordsOf(stdout.toString("latin1")) : undefined;
}

/** What lies at most two directories deep. */
interface SurveyRecord extends Part {
  /**
   * `mailbox` for a Maildir less deep than that, which the parts in it belong to; `place` and `above` come in tar's order, for a directory
   * and for what is none.
   */
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
  const places = records.filter(({ word }) => word === "place").map(({ path }) => path);
  const orderOf = new Map(places.map((path, order) => [path, order]));
  const parts = new Map<ByteText, Part>();
  for (const { path: place, word, ...more } of records) {
    const top = topOf(place);
    if (word === "place" || word === "above" || (top === place && !wholes.has(top))) continue;
    const path = wholes.has(top) ? top : place;
    const { files, bytes, mailboxes } = parts.get(path) ?? { files: 0, bytes: 0, mailboxes: 0 };
    parts.set(path, {
      ...{ path, files: files + more.files, bytes: bytes + more.bytes },
      mailboxes: maildirs.has(top) ? 1 : mailboxes + more.mailboxes,
    });
  }
  const order = ({ path }: Part): number => orderOf.get(path) ?? places.length;
  return [...parts.values()].toSorted((a, b) => order(a) - order(b));
}

function topOf(path: ByteText): ByteText {
  return path.split("/", 1)[0] ?? "";
}

/**
 * `$1` is the root, `$2` which half of it, the rest are words for find on files. What lies in a part comes in one piece: find goes down first.
 * So the links of a file are all there at the part's end, or there are some elsewhere. What is less deep than a part is of the first half.
 */
const surveyScript = String.raw`
LC_ALL=C
export LC_ALL
cd -- "$1" || exit 1
which=$2
shift 2
${halfLines}
sizes() {
  find . -mindepth 1 -regextype posix-extended "$@" 2>/dev/null
  echo "//$?"
}
is_part="-path ./*/* ! -path ./*/*/* -type d"
set -f
set -- \( -type d -printf '%p//d\n' \) -o \( -type f "$@" \
  \( -links 1 -printf '%h//%s\n' -o -printf '%h//%s %n %D:%i\n' \) \)
if [ "$which" = first ]; then
  find . -mindepth 1 -maxdepth 2 \( -type d -printf '%p//place\n' -o -printf '%p//above\n' \) 2>/dev/null
  sizes $is_part ! -regex "$half" -prune -o "$@"
else
  sizes $is_part -regex "$half" -prune -o ! -path './*/*/*' ! \( $is_part \) -o "$@"
fi | awk -F// '
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
  $2 == "place" || $2 == "above" { print substr($1, 3) "//" $2; next }
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
