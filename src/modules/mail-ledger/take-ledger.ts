import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { readable } from "../../mail/byte-text.ts";
import type { LedgerHash, LedgerSummary } from "../../mail/ledger.ts";
import { ByteFile } from "../ledger-file.ts";
import { LedgerWriter, type ScanCounts } from "./ledger-writer.ts";
import { scanErrors } from "./scan-errors.ts";
import { scanCommand } from "./scan-script.ts";

/** What to list, and how. */
export interface LedgerOrder {
  readonly host: HostReader;
  /** The mail root. */
  readonly root: string;
  /** Where the ledger is written. */
  readonly file: string;
  readonly hash: LedgerHash | "none";
  readonly phase: "hot" | "cold";
  readonly signal: AbortSignal;
  onCount(counts: Readonly<ScanCounts>): void;
}

/** A ledger that is written, with the names of owners in place of their numbers. */
export interface TakenLedger {
  readonly summary: LedgerSummary;
  readonly file: string;
  readonly seconds: number;
}

/** Lists all messages of one host into a file. Leaves none when the list is not whole. */
export async function takeLedger(order: LedgerOrder): Promise<TakenLedger> {
  const { host, root, hash, phase } = order;
  if ((await host.stat(root)) === undefined) throw noMailRoot(order);
  const startedAt = Date.now();
  const head = { host: host.name, root, hash, takenAt: new Date(startedAt).toISOString() };
  const file = new ByteFile(order.file);
  const writer = new LedgerWriter(head, file, order.onCount);
  try {
    const { exitCode, stderr } = await host.probe(scanCommand(root, hash), {
      accept: "any",
      timeoutMs: longestScanMs,
      signal: order.signal,
      onStdout: (chunk) => writer.feed(chunk),
    });
    const errors = scanErrors(stderr.toString("latin1"), { exitCode, ended: writer.ended, phase });
    if (hash !== "none" && phase === "cold" && writer.unhashed !== undefined) {
      errors.push(`no hash of ${readable(writer.unhashed)}`);
    }
    if (errors.length > 0) throw unreadable(errors, order);
    const owners = await namesOfOwners([...writer.owners.keys()], order);
    const summary = writer.finish(owners);
    return { summary, file: file.path, seconds: Math.round((Date.now() - startedAt) / 100) / 10 };
  } catch (error) {
    file.abandon();
    throw error;
  }
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

function unreadable(errors: readonly string[], { root, host }: LedgerOrder): Failure {
  const shown = errors.slice(0, 20).join("\n");
  const more = errors.length > 20 ? `\n… and ${errors.length - 20} more` : "";
  return new Failure(
    "task-failed",
    `not everything below ${root} on ${host.name} could be read:\n${shown}${more}`,
    {
      host: host.name,
      next: "Make it readable, then run this again. While the mailboxes are in use, phase: hot lets pass what goes away.",
    },
  );
}
