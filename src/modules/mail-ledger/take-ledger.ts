import { rm, writeFile } from "node:fs/promises";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { type ByteText, readable } from "../../mail/byte-text.ts";
import type { LedgerHash, LedgerSummary } from "../../mail/ledger.ts";
import type { LedgerReader } from "../../mail/ledger-reader.ts";
import { ByteFile, openLedgerFile } from "../ledger-file.ts";
import type { Priority } from "../priority.ts";
import { addHashes } from "./add-hashes.ts";
import { LedgerWriter, type ScanCounts } from "./ledger-writer.ts";
import { hashErrors, scanErrors } from "./scan-errors.ts";
import { scanCommand } from "./scan-script.ts";

/** What to list, and how. */
export interface LedgerOrder {
  readonly host: HostReader;
  /** The mail root. */
  readonly root: string;
  /** Where the ledger is written. */
  readonly file: string;
  readonly hash: LedgerHash | "none";
  /** An earlier ledger of the same place and hash: what it knows is not hashed again. */
  readonly earlier?: LedgerReader | undefined;
  readonly phase: "hot" | "cold";
  readonly priority?: Priority | undefined;
  /** What was listed already, and when: it is read, in place of listing now. */
  readonly listed?: { readonly argv: readonly string[]; readonly takenAt: string } | undefined;
  readonly signal: AbortSignal;
  onCount(counts: Readonly<ScanCounts>): void;
}

/** A ledger that is written, with the names of owners in place of their numbers. */
export interface TakenLedger {
  readonly summary: LedgerSummary;
  /** How many messages were hashed for it. */
  readonly hashed: number;
  readonly file: string;
  readonly seconds: number;
}

/** Lists all messages of one host into a file. Leaves none when the list is not whole, but names all that could not be read. */
export async function takeLedger(order: LedgerOrder): Promise<TakenLedger> {
  const { host, root, hash, earlier } = order;
  if ((await host.stat(root)) === undefined) throw noMailRoot(order);
  const startedAt = Date.now();
  const seconds = (): number => Math.round((Date.now() - startedAt) / 100) / 10;
  if (hash === "none" || earlier === undefined) {
    const summary = await scanInto(order.file, order, hash);
    return { summary, hashed: hash === "none" ? 0 : summary.messages, file: order.file, seconds: seconds() };
  }
  const listed = `${order.file}.listed`;
  try {
    const summary = await scanInto(listed, order, "none");
    const hashed = await hashNew({ ...order, hash, earlier }, listed);
    return { summary, hashed, file: order.file, seconds: seconds() };
  } finally {
    await rm(listed, { force: true });
  }
}

async function scanInto(path: string, order: LedgerOrder, hash: LedgerHash | "none"): Promise<LedgerSummary> {
  const { host, root, phase, listed } = order;
  const { argv, takenAt } = listed ?? {
    ...{ argv: scanCommand(root, hash, order.priority), takenAt: new Date().toISOString() },
  };
  const head = { host: host.name, root, hash, takenAt };
  const file = new ByteFile(path, host.name);
  const writer = new LedgerWriter(head, file, order.onCount);
  try {
    const { exitCode, stderr } = await host.probe(argv, {
      accept: "any",
      timeoutMs: longestScanMs,
      signal: order.signal,
      onStdout: (chunk) => writer.feed(chunk),
    });
    const errors = scanErrors(stderr.toString("latin1"), { exitCode, ended: writer.ended, phase });
    if (hash !== "none") errors.push(...missingHash(writer.unhashed, order));
    if (errors.length > 0) throw await unreadable(errors, order);
    const owners = await namesOfOwners([...writer.owners.keys()], order);
    return writer.finish(owners);
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Writes the ledger that has the hashes, too. Gives how many messages were hashed for it. */
async function hashNew(
  order: LedgerOrder & { readonly hash: LedgerHash; readonly earlier: LedgerReader },
  listed: string,
): Promise<number> {
  const file = new ByteFile(order.file, order.host.name);
  try {
    const names = await openLedgerFile(listed);
    const added = await addHashes({ ...order, listed: names, timeoutMs: longestScanMs }, file);
    const errors = hashErrors(added.stderr, order.phase);
    errors.push(...missingHash(added.unhashed, order));
    if (errors.length > 0) throw await unreadable(errors, order);
    file.finish();
    return added.hashed;
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** While the mailboxes are in use, a message may be renamed or deleted before it is hashed. */
function missingHash(unhashed: ByteText | undefined, { phase }: LedgerOrder): string[] {
  return phase === "cold" && unhashed !== undefined ? [`no hash of ${readable(unhashed)}`] : [];
}

/** Hashing all mail of a large server can take most of a day. */
const longestScanMs = 24 * 3_600_000;

/** Asked once, behind the list: find would look each up for each message. */
async function namesOfOwners(
  uids: readonly string[],
  { host, signal }: LedgerOrder,
): Promise<ReadonlyMap<string, string>> {
  const known = uids.filter((uid) => /^[0-9]+$/.test(uid)).slice(0, 500);
  const script = 'for uid do getent passwd "$uid"; done; exit 0';
  const { stdout } = await host.probe(["sh", "-c", script, "sh", ...known], { signal });
  const fields = stdout
    .toString("utf8")
    .split("\n")
    .map((line) => line.split(":"));
  return new Map(fields.map(([name = "", , uid = ""]) => [uid, name]));
}

function noMailRoot({ root, host }: LedgerOrder): Failure {
  return new Failure("task-failed", `${host.name} has no ${root}`, {
    host: host.name,
    next: "Is the file system mounted, and the path of the mail root right?",
  });
}

/** Some of the lines stand in the message, all of them in a file beside the ledger's: of what a host says there, the last MiB is kept. */
async function unreadable(errors: readonly string[], { root, host, file }: LedgerOrder): Promise<Failure> {
  const all = `${file}-unreadable.txt`;
  await writeFile(all, errors.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  const shown = errors.slice(0, 20).join("\n");
  const more = errors.length > 20 ? `\n… and ${errors.length - 20} more` : "";
  return new Failure(
    "task-failed",
    `not everything below ${root} on ${host.name} could be read:\n${shown}${more}`,
    {
      host: host.name,
      next: `Make it readable, then run this again: ${all} names all of it. While the mailboxes are in use, phase: hot lets pass what goes away.`,
    },
  );
}
