import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { quoteWord } from "../../contract/shell-words.ts";
import { type DovecotPlace, liesIn } from "../../mail/dovecot-places.ts";
import { longOutput } from "../long-output.ts";

/** A place that holds something, and how much. */
export interface FoundPlace extends DovecotPlace {
  /** Where Dovecot keeps another format than Maildirs: files. */
  readonly messages: number;
  readonly control: number;
  readonly scripts: number;
}

/** The paths of directories behind all links; of one that is not there as far as it goes. */
export async function realPaths(directories: readonly string[], host: HostReader): Promise<string[]> {
  const { stdout } = await host.probe(["readlink", "-m", "--", ...directories]);
  return stdout
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
}

/**
 * Looks what lies in the places, behind all links, but not in one of the directories: those are the real paths of what is copied.
 * What lies in a place within another is told of the outer one.
 */
export async function lookInto(
  places: readonly DovecotPlace[],
  directories: readonly string[],
  host: HostReader,
  signal: AbortSignal,
): Promise<FoundPlace[]> {
  const records = places.map(({ kind, path }) => `${kind}\0${path}\0`);
  const output = longOutput(host.name);
  const { stderr } = await host.probe(
    ["xargs", "-0", "-r", "-n", "400", "sh", "-c", lookScript(directories), "sh"],
    {
      stdin: Buffer.from(records.join(""), "utf8"),
      timeoutMs: longestLookMs,
      signal,
      onStdout: output.take,
    },
  );
  const wrong = stderr
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.endsWith(": No such file or directory"));
  // Dovecot's answers are read as UTF-8: another name could not be asked for.
  for (const { path } of places) if (path.includes("\ufffd")) wrong.push(`${path} is no UTF-8`);
  if (wrong.length > 0) throw unreadable(wrong, host.name);
  const answers = output.whole().toString("utf8").split("\0");
  const found = places.flatMap((place, index): FoundPlace[] => {
    const [messages = 0, control = 0, scripts = 0] = (answers[index] ?? "").split(" ").map(Number);
    return messages + control + scripts === 0 ? [] : [{ ...place, messages, control, scripts }];
  });
  return outermost(found);
}

function unreadable(wrong: readonly string[], host: string): Failure {
  const lines = wrong.slice(0, 5).map((line) => `  ${line}`);
  return new Failure(
    "task-failed",
    [`not all of what Dovecot's users have could be read:`, ...lines].join("\n"),
    {
      host,
      next: "Correct these on the host and run this again.",
    },
  );
}

/** Files of another format than Maildirs are counted nowhere else. */
function outermost(found: readonly FoundPlace[]): FoundPlace[] {
  const inOrder = found.toSorted((a, b) => (`${a.path}/` < `${b.path}/` ? -1 : 1));
  let outer: FoundPlace | undefined;
  return inOrder.filter((place) => {
    const isTold = outer !== undefined && place.kind !== "files" && holdsAsMuch(outer, place);
    if (!isTold) outer = place;
    return !isTold;
  });
}

function holdsAsMuch(outer: FoundPlace, inner: FoundPlace): boolean {
  if (!liesIn(inner.path, [outer.path])) return false;
  return (["messages", "control", "scripts"] as const).every((word) => outer[word] >= inner[word]);
}

const longestLookMs = 3_600_000;

/**
 * Says for each kind and path in its arguments how many messages, control files and scripts lie there, with a NUL behind each. Homes
 * above a directory, as `/var` or `/` of a system's user, hold that itself. What goes away meanwhile is no error.
 */
function lookScript(directories: readonly string[]): string {
  const words = directories.map((directory) => quoteWord(directory));
  const inside = directories
    .map((directory) => `${quoteWord(directory === "/" ? "" : directory)}/*`)
    .join("|");
  const left = directories.map((directory) => `-path ${quoteWord(asPattern(directory))}`).join(" -o ");
  return String.raw`
LC_ALL=C; export LC_ALL
messages='-type f -regex .*/\(cur\|new\)/[^./][^/]* -printf m\n'
homes='-type f -regex .*/\(cur\|new\)/[0-9]+[.][^/]* -printf m\n'
files='-type f -size +0 ! -name dovecot* ! -name subscriptions -printf m\n'
control='( -name dovecot-uidlist -o -name dovecot-keywords -o -name subscriptions ) -printf c\n'
scripts='( -name *.sieve -o -name .dovecot.sieve -o -name dovecot-acl ) -printf s\n'
set -f
contents() {
  case $1 in
    mail) tests=$messages ;;
    files) tests=$files ;;
    control) tests=$control ;;
    scripts) tests=$scripts ;;
    home) tests="$homes -o $scripts" ;;
  esac
  real=$(readlink -e -- "$2") || return 0
  case "$real/" in ${inside}) return 0 ;; esac
  if [ "$1" = home ]; then
    for directory in ${words.join(" ")}; do
      case "$directory/" in "$${"{real%/}"}"/*) return 0 ;; esac
    done
  fi
  find "$real" \( ${left} \) -prune -o \( $tests \)
}
while [ "$#" -gt 1 ]; do
  contents "$1" "$2" | awk '{ n[$1]++ } END { printf "%d %d %d", n["m"], n["c"], n["s"] }'
  printf '\0'
  shift 2
done`;
}

/** As `find -path` takes a name for itself. */
function asPattern(path: string): string {
  return path.replaceAll(/[\\*?[\]]/g, "\\$&");
}
