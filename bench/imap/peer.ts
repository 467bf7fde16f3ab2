import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { ImapFlow } from "imapflow";
import type { CopyTask, Server } from "./task.ts";

/**
 * imapsync's way, by the library that Mailferry has, too, since Debian has no package of imapsync: users one after the other, one connection a side; the headers of all messages of
 * a folder are asked of both sides first, then a message is fetched, appended, and only then the next one.
 */
async function copyAsImapsync({ old, new: current, users }: CopyTask): Promise<void> {
  for (const user of users) {
    const [from, to] = [clientFor(old, user), clientFor(current, user)];
    for (const client of [from, to]) {
      await client.connect();
      sendAtOnce(client);
    }
    const there = new Set((await to.list()).map(({ path }) => path));
    for (const { path } of await from.list()) await copyFolder(from, to, path, there);
    await from.logout();
    await to.logout();
  }
}

async function copyFolder(
  from: ImapFlow,
  to: ImapFlow,
  path: string,
  there: ReadonlySet<string>,
): Promise<void> {
  const target = path.replaceAll(".", "/");
  if (!there.has(target)) await to.mailboxCreate(target);
  await from.mailboxOpen(path, { readOnly: true });
  await to.mailboxOpen(target);
  const known = new Set((await headersOf(to)).map(({ key }) => key));
  for (const { uid, key, flags, date } of await headersOf(from)) {
    if (known.has(key)) continue;
    const message = await from.fetchOne(String(uid), { source: true }, { uid: true });
    if (!message || message.source === undefined) throw new Error(`${path} ${uid} is gone`);
    if (!(await to.append(target, message.source, flags, date)))
      throw new Error(`${path} ${uid} was not taken`);
  }
}

interface Header {
  readonly uid: number;
  readonly key: string;
  readonly flags: string[];
  readonly date: Date | string | undefined;
}

async function headersOf(client: ImapFlow): Promise<Header[]> {
  const found: Header[] = [];
  if (client.mailbox === false || client.mailbox.exists === 0) return found;
  const query = {
    uid: true,
    flags: true,
    size: true,
    internalDate: true,
    headers: ["message-id", "received"],
  };
  for await (const { uid, flags, size, internalDate, headers } of client.fetch("1:*", query)) {
    const settable = [...(flags ?? [])].filter((flag) => flag !== "\\Recent");
    found.push({ uid, key: `${size} ${headers}`, flags: settable, date: internalDate });
  }
  return found;
}

function clientFor({ address, port, master_user, master_password }: Server, user: string): ImapFlow {
  const client = new ImapFlow({
    ...{ host: address, port, secure: true, tls: { rejectUnauthorized: false } },
    auth: { user: `${user}*${master_user}`, pass: master_password },
    // imapsync compresses only when it is told to, and so does Mailferry.
    ...{ logger: false, disableAutoIdle: true, disableCompression: true },
  });
  client.on("error", () => {});
  return client;
}

/** As Mailferry does: what the library writes is not held back until the other side has acknowledged what came before. */
function sendAtOnce(client: ImapFlow): void {
  (client as unknown as { readonly socket?: Socket }).socket?.setNoDelay(true);
}

await copyAsImapsync(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as CopyTask);
