import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import { type ListedMessage, readMessages } from "../../mail/message-listing.ts";
import { waitingRoom } from "../../mail/waiting-room.ts";
import { scanErrors } from "../mail-ledger/scan-errors.ts";
import { OutputFile } from "../output-file.ts";

/** A host's messages, listed into a run file, so that their number is no matter. */
export interface MessageList {
  messages(): AsyncGenerator<ListedMessage>;
  remove(): Promise<void>;
}

/** Lists all messages below a mail root in the order of `messageKey`. Throws a Failure when something could not be read. */
export async function listMessages(
  host: HostReader,
  root: string,
  { runFile, signal, checkMode }: Pick<LookContext, "runFile" | "signal" | "checkMode">,
): Promise<MessageList> {
  const file = await runFile(`mail-merge-${host.name}.list`);
  const output = new OutputFile(file, host.name);
  let last = "";
  try {
    const { exitCode, stderr } = await host.probe(["sh", "-c", listScript, "sh", root], {
      accept: "any",
      timeoutMs: longestListMs,
      signal,
      onStdout: (chunk) => {
        output.take(chunk);
        last = (last + chunk.toString("latin1").slice(-endMark.length)).slice(-endMark.length);
      },
    });
    // In check mode the servers run: what goes away while it is listed is no error there.
    const errors = scanErrors(stderr.toString("latin1"), {
      exitCode,
      ended: last === endMark,
      phase: checkMode ? "hot" : "cold",
      filters: ["sed", "sort"],
    });
    if (errors.length > 0) throw unreadable(errors, root, host.name);
  } finally {
    output.close();
  }
  return { messages: () => readMessages(textOf(file)), remove: () => rm(file) };
}

/** Walking a large tree with a cold cache takes its time. */
const longestListMs = 6 * 3_600_000;

/** The list's last record, which is none of a message: without it the list was cut short. */
const endMark = "Z0\0";

async function* textOf(file: string): AsyncGenerator<string> {
  // The end mark may come in two pieces.
  let held = "";
  for await (const chunk of createReadStream(file, { encoding: "latin1", highWaterMark: 1 << 20 })) {
    const text = held + chunk;
    held = text.slice(-endMark.length);
    yield text.slice(0, -endMark.length);
  }
}

const listScript = String.raw`
LC_ALL=C; export LC_ALL
cd -- "$1" || exit 1
told() { printf 'mailferry: %s ended with %s\n' "$1" "$2" >&2; }
{ find . -regextype posix-extended -path './${waitingRoom}' -prune -o \
    -type f -regex '.*/(cur|new)/[^/]*' ! -name '.*' -printf '%P//%s\0'; told find $?; } |
  { sed -z -E 's,^((.*)/)?(cur|new)/([^/:]*)([^/]*)//([0-9]+)$,\2//\4//\3//\5//\6,'; told sed $?; } |
  { sort -z; told sort $?; }
printf 'Z0\0'`;

/** What could not be read could be mail that is left behind. */
export function unreadable(errors: readonly string[], path: string, host: string): Failure {
  const shown = errors.slice(0, 20).join("\n");
  const more = errors.length > 20 ? `\n… and ${errors.length - 20} more` : "";
  return new Failure(
    "task-failed",
    `not everything below ${path} on ${host} could be read:\n${shown}${more}`,
    {
      host,
      next: "Make it readable, then run the stage again.",
    },
  );
}
