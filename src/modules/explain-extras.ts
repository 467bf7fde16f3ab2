import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { HostReader } from "../contract/host.ts";
import type { LookContext } from "../contract/module.ts";
import { type ByteText, readable } from "../mail/byte-text.ts";
import {
  type ExplainedExtra,
  type ExtraMessage,
  explainExtra,
  extraMessages,
} from "../mail/extra-messages.ts";
import { parseMaildirName } from "../mail/maildir-name.ts";
import { messageIdIn } from "../mail/message-identity.ts";
import { ByteFile, openLedger } from "./ledger-file.ts";

/** The ledgers whose extra messages are looked at, and the host that has them. */
export interface ExtrasToExplain {
  readonly old: string;
  readonly current: string;
  readonly host: HostReader;
  /** The run file that keeps what was found out. */
  readonly name: string;
}

/**
 * Looks at each message that only new has, and keeps in a run file why it is there: one JSON line each, in the ledgers' order. A
 * message that is gone by now is not explained.
 */
export async function explainExtras(
  { old, current, host, name }: ExtrasToExplain,
  context: Pick<LookContext, "runFile" | "lastRunFile" | "latches" | "signal">,
): Promise<void> {
  const [before, after] = await Promise.all([openLedger(old, context), openLedger(current, context)]);
  const openedAt = await openingOn(host, context);
  const file = new ByteFile(await context.runFile(name));
  const write = async (batch: readonly ExtraMessage[]): Promise<void> => {
    const found = await lookAt(batch, after.head.root, host, context.signal);
    for (const extra of batch) {
      const seen = found.get(keyOf(extra));
      const explained = explainExtra(extra.base, seen?.modifiedAt, openedAt);
      const at = seen === undefined ? undefined : new Date(seen.modifiedAt * 1000).toISOString();
      const line = { place: extra.place, explained, at, messageId: seen?.messageId };
      file.write(Buffer.from(`${JSON.stringify(line)}\n`));
    }
  };
  let batch: ExtraMessage[] = [];
  for await (const extra of extraMessages(before, after)) {
    batch.push(extra);
    if (batch.length < atOnce) continue;
    await write(batch);
    batch = [];
  }
  if (batch.length > 0) await write(batch);
  file.finish();
}

const atOnce = 2000;

/** Reads what was found out, by the place of each message. */
export async function readExplained(path: string): Promise<ReadonlyMap<string, ExplainedExtra>> {
  const found = new Map<string, ExplainedExtra>();
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const { place, ...explained } = JSON.parse(line) as ExplainedExtra & { readonly place: string };
    found.set(place, explained);
  }
  return found;
}

/** The latch has the controller's time; two seconds are the grain of both clocks. */
async function openingOn(
  host: HostReader,
  { latches }: Pick<LookContext, "latches">,
): Promise<number | undefined> {
  const openedAt = await latches.setAt("new-opened");
  return openedAt === undefined ? undefined : Date.parse(openedAt) / 1000 + host.facts.clock_skew - 2;
}

interface SeenMessage {
  /** Seconds since 1970 by the host's clock. */
  readonly modifiedAt: number;
  readonly messageId: string | undefined;
}

/** Finds the messages under the flags that they have by now, with the time and the Message-ID of each. */
async function lookAt(
  extras: readonly ExtraMessage[],
  root: string,
  host: HostReader,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SeenMessage>> {
  const wanted = extras.map(({ directory, base }) => `./${directory}\0${base}\0`).join("");
  const options = { signal, accept: "any", timeoutMs: 3_600_000 } as const;
  const times = await host.probe(["sh", "-c", timesScript, "sh", root], {
    ...options,
    stdin: Buffer.from(wanted, "latin1"),
  });
  const modifiedAt = new Map<ByteText, number>();
  for (const record of times.stdout.toString("latin1").split("\0")) {
    const [, seconds, path] = /^([0-9]+)\/\/(.+)$/s.exec(record) ?? [];
    if (path !== undefined) modifiedAt.set(path, Number(seconds));
  }
  const paths = [...modifiedAt.keys()].map((path) => `${path}\0`).join("");
  const heads = await host.probe(["sh", "-c", headsScript, "sh", root], {
    ...options,
    stdin: Buffer.from(paths, "latin1"),
  });
  const ids = new Map<ByteText, string | undefined>();
  for (const record of heads.stdout.toString("latin1").split("\0\n")) {
    const [, path = "", head = ""] = /^([^\n]*)\n(.*)$/s.exec(record) ?? [];
    const id = messageIdIn(Buffer.from(head, "latin1"));
    ids.set(path, id === undefined ? undefined : readable(id.slice(0, longestId)));
  }
  return new Map(
    [...modifiedAt].map(([path, at]) => [keyOfPath(path), { modifiedAt: at, messageId: ids.get(path) }]),
  );
}

/** As long as a line of a header may be (RFC 5322, 2.1.1): what a sender wrote is shown and kept. */
const longestId = 998;

function keyOf({ directory, base }: ExtraMessage): string {
  return `./${directory}\0${base}`;
}

function keyOfPath(path: ByteText): string {
  const [, directory = "", name = ""] = /^(.*\/)(?:cur|new)\/([^/]*)$/s.exec(path) ?? [];
  return `${directory}\0${parseMaildirName(name).base}`;
}

/** Fed with directories and unique names in turns: prints `SECONDS//PATH` of each message that is there, NUL after each. */
const timesScript = String.raw`
LC_ALL=C; export LC_ALL
cd -- "$1" || exit 1
xargs -0 -r -n 400 sh -c '
  while [ "$#" -gt 1 ]; do
    for f in "$1cur/$2" "$1cur/$2":2,* "$1new/$2" "$1new/$2":2,*; do
      if [ -f "$f" ]; then printf "%s\0" "$f"; fi
    done
    shift 2
  done' sh | xargs -0 -r stat --printf '%Y//%n\0' --`;

/** Fed with paths: prints of each NUL, a line feed, its path and its Message-ID with the line behind it, if that goes on with it. */
const headsScript = String.raw`
LC_ALL=C; export LC_ALL
cd -- "$1" || exit 1
xargs -0 -r sed -s -n -e '1{h;s/.*/\x00/p;F;g}' -e '1,/^\r*$/{/^message-id[ \t]*:/I{p;n;/^[ \t]/p}}' --`;
