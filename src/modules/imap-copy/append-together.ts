import type { ImapFlow } from "imapflow";
import type { Letter } from "./deliver.ts";
import { keptFlags } from "./sync-flags.ts";

/** Whether one command may bring all of these. Only a literal8 may hold a NUL (RFC 3516), which the library's own APPEND sees to. */
export function goesTogether(client: ImapFlow, letters: readonly Letter[]): boolean {
  return client.capabilities.has("MULTIAPPEND") && letters.every(({ source }) => !source.includes(0));
}

/**
 * Appends messages by one command (RFC 3502): new keeps all of them or none, and brings its indexes up to date once. The library has
 * no word for it. Gives their UIDs, where new tells them.
 */
export async function appendTogether(
  client: ImapFlow,
  path: string,
  letters: readonly Letter[],
): Promise<number[] | undefined> {
  const { mailbox } = client;
  const { encodePath, formatDateTime, formatFlag, normalizePath } = await import("imapflow/lib/tools.js");
  const { exec } = client as unknown as CommandSender;
  const attributes: unknown[] = [{ type: "ATOM", value: encodePath(client, normalizePath(client, path)) }];
  for (const { source, flags, internalDate } of letters) {
    const settable = flags.map((flag) => formatFlag(flag)).filter((flag) => flag !== false);
    const kept = mailbox === false ? settable : keptFlags(settable, mailbox);
    attributes.push(kept.map((value) => ({ type: "ATOM", value })));
    const date = internalDate === undefined ? undefined : formatDateTime(internalDate);
    if (date !== undefined) attributes.push({ type: "STRING", value: date });
    attributes.push({ type: "LITERAL", value: source });
  }
  const { response, next } = await exec.call(client, "APPEND", attributes);
  next();
  return uidsIn(response, letters.length);
}

/** As the library sends all its commands; its types do not show it. The next command waits for `next`. */
interface CommandSender {
  exec(
    this: ImapFlow,
    command: string,
    attributes: readonly unknown[],
  ): Promise<{ readonly response: TaggedResponse; readonly next: () => void }>;
}

/** `[APPENDUID 1000 304:319] done`, parsed. */
interface TaggedResponse {
  readonly attributes?: readonly ({
    readonly section?: readonly ({ readonly value?: unknown } | null)[];
  } | null)[];
}

/** New's UIDs, in the order in which the messages were sent (RFC 4315): undefined unless there are exactly that many. */
function uidsIn({ attributes }: TaggedResponse, count: number): number[] | undefined {
  const [code, , set] = attributes?.[0]?.section ?? [];
  if (String(code?.value).toUpperCase() !== "APPENDUID") return undefined;
  const uids: number[] = [];
  for (const range of String(set?.value).split(",")) {
    const [, from, to = from] = /^([0-9]{1,10})(?::([0-9]{1,10}))?$/.exec(range) ?? [];
    if (from === undefined || Number(to) < Number(from)) return undefined;
    if (uids.length + Number(to) - Number(from) + 1 > count) return undefined;
    for (let uid = Number(from); uid <= Number(to); uid++) uids.push(uid);
  }
  return uids.length === count ? uids : undefined;
}
