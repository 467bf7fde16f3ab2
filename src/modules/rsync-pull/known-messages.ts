import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { readable } from "../../mail/byte-text.ts";
import { longLookMs } from "./source-check.ts";

/** Where the passes into one directory keep their notes, on the host that pulls. */
export interface PassNotes {
  readonly directory: string;
}

/**
 * A shell function: all messages below `$1`, each by its folder and unique base name, sorted, NUL after each. A
 * message stays the same when it moves from new to cur or its flags change. In another locale than C find's
 * patterns pass over names that are not of its character set.
 */
export const listMessagesFunction = String.raw`
LC_ALL=C
export LC_ALL
list_messages() {
  find "$1" -regextype posix-extended -type f -regex '.*/(cur|new)/[^/]*' ! -name '.*' -printf '%P\0' |
    sed -z 's|/new/\([^/]*\)$|/cur/\1|; s|:2,[^/]*$||' | sort -zu
}`;

/**
 * Refuses when there are messages in `dest` that no pass brought: somebody else writes there, and a pass with delete
 * would remove them. `adopt` takes what was there before the first pass as copied.
 */
export async function refuseForeignMessages(
  notes: PassNotes,
  dest: string,
  adopt: boolean,
  host: HostReader,
): Promise<"guarded" | "adopted" | "unknown"> {
  const names = new FirstNames(20);
  const { stderr } = await host.probe(["sh", "-c", foreignScript, "sh", notes.directory, dest], {
    timeoutMs: longLookMs,
    onStdout: (chunk) => names.feed(chunk),
  });
  const basis = /^mailferry: (known|first|interrupted)$/m.exec(stderr.toString("utf8"))?.[1];
  if (basis === "interrupted") return "unknown";
  if (names.count === 0) return "guarded";
  if (basis === "first" && adopt) return "adopted";
  throw new Refused(
    `${names.count} messages in ${dest} on ${host.name} were brought by no pass: ${names.shown()}`,
    {
      host: host.name,
      next:
        basis === "first"
          ? "If they are an earlier copy of the source, say `adopt: true`; if they are new mail, move them aside."
          : "This host took mail of its own. Find out how (Postfix, LMTP, IMAP), stop it, and move the messages aside.",
    },
  );
}

/** Prints what is in the directory and not in the notes; the notes are `known`, and `pulling` while a pass runs. */
const foreignScript = `${listMessagesFunction}
cd -- "$2" 2>/dev/null || { echo 'mailferry: first' >&2; exit 0; }
if [ -e "$1/pulling" ]; then echo 'mailferry: interrupted' >&2; exit 0; fi
if [ -e "$1/known" ]; then
  echo 'mailferry: known' >&2
  list_messages . | comm -z -23 - "$1/known"
else
  echo 'mailferry: first' >&2
  list_messages .
fi`;

/** Counts names that end in NUL and keeps the first ones. */
class FirstNames {
  count = 0;
  readonly #most: number;
  readonly #names: string[] = [];
  #rest = "";

  constructor(most: number) {
    this.#most = most;
  }

  feed(chunk: Buffer): void {
    const names = (this.#rest + chunk.toString("latin1")).split("\0");
    this.#rest = names.pop() ?? "";
    this.count += names.length;
    this.#names.push(...names.slice(0, this.#most - this.#names.length));
  }

  shown(): string {
    const more = this.count > this.#names.length ? ", …" : "";
    return this.#names.map(readable).join(", ") + more;
  }
}
