import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { type LookContext, lookingModule } from "../../contract/module.ts";
import type { LedgerHash } from "../../mail/ledger.ts";
import { absolutePath, closed, oneOf, word } from "../argument-schemas.ts";
import { ByteFile } from "../ledger-file.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { scanErrors } from "./scan-errors.ts";
import { hashesByRate, hashPrograms, scanCommand } from "./scan-script.ts";

export interface MailLedgerArgs {
  readonly path: string;
  readonly save_as: string;
  readonly phase?: "hot" | "cold";
  readonly hash?: LedgerHash | "none" | "fastest";
  readonly hash_on?: readonly string[];
}

/** Lists every message below a mail root into a ledger. */
export const mailLedger = lookingModule<MailLedgerArgs>({
  name: "mail_ledger",
  isGuard: true,
  description:
    "Lists every message of a host into a ledger on the controller: mailbox, folder, unique name, size, flags, keywords, UID and, if asked for, a hash.",
  args: closed(
    {
      path: absolutePath("The mail root, for instance /var/vmail."),
      save_as: word("The ledger's name, for mail_proof."),
      phase: oneOf(
        ["hot", "cold"],
        "hot: the mailboxes are in use, what goes away while they are listed is no error.",
        "cold",
      ),
      hash: oneOf(
        ["none", "sha256", "blake2b", "blake3", "xxh128", "fastest"],
        "Hash the content of every message. fastest: the first of xxh128, blake3, sha256 that this host and those of hash_on have.",
        "none",
      ),
      hash_on: {
        type: "array",
        minItems: 1,
        items: { type: "string", minLength: 1 },
        description: "With fastest: other hosts that must have the program too.",
      },
    },
    { required: ["path", "save_as"], dependencies: { hash_on: ["hash"] } },
  ),

  async look({ path, save_as, phase = "cold", hash = "none", hash_on = [] }, host, context) {
    if ((await host.stat(path)) === undefined) throw noMailRoot(path, host.name);
    const others = hash === "fastest" ? await Promise.all(hash_on.map((name) => context.peer(name))) : [];
    const chosen = hash === "fastest" ? await fastestHash([host, ...others]) : hash;
    const startedAt = Date.now();
    const head = { host: host.name, root: path, hash: chosen, takenAt: new Date(startedAt).toISOString() };
    const file = new ByteFile(await context.runFile(save_as));
    const writer = new LedgerWriter(head, file, ({ messages, bytes }) =>
      context.progress({ doneItems: messages, doneBytes: bytes, unit: "messages" }),
    );
    try {
      const { exitCode, stderr } = await scan(path, chosen, host, writer, context);
      const errors = scanErrors(stderr.toString("latin1"), { exitCode, ended: writer.ended, phase });
      if (errors.length > 0) throw unreadable(errors, path, host.name);
    } catch (error) {
      file.abandon();
      throw error;
    }
    const summary = writer.finish();
    return {
      result: {
        mailboxes: summary.mailboxes,
        folders: summary.folders,
        messages: summary.messages,
        bytes: summary.bytes,
        without_uid: summary.withoutUid,
        other_files: summary.otherFiles,
        owners: summary.owners,
        layouts: summary.layouts,
        hash: chosen,
        file: file.path,
        seconds: Math.round((Date.now() - startedAt) / 100) / 10,
      },
      message: `${summary.messages} messages in ${summary.folders} folders of ${summary.mailboxes} mailboxes`,
    };
  },
});

/** Hashing all mail of a large server can take most of a day. */
const longestScanMs = 24 * 3_600_000;

function scan(
  root: string,
  hash: LedgerHash | "none",
  host: HostReader,
  writer: LedgerWriter,
  { signal }: LookContext,
) {
  return host.probe(scanCommand(root, hash), {
    accept: "any",
    timeoutMs: longestScanMs,
    signal,
    onStdout: (chunk) => writer.feed(chunk),
  });
}

async function fastestHash(hosts: readonly HostReader[]): Promise<LedgerHash> {
  const found = await Promise.all(
    hosts.map(async (host) => {
      const programs = hashesByRate.map((hash) => hashPrograms[hash].argv.split(" ")[0] ?? "");
      const script = 'for p do if command -v "$p" >/dev/null; then echo "$p"; fi; done';
      const { stdout } = await host.probe(["sh", "-c", script, "sh", ...programs]);
      return new Set(stdout.toString("utf8").split("\n"));
    }),
  );
  const has = (hash: LedgerHash): boolean =>
    found.every((programs) => programs.has(hashPrograms[hash].argv.split(" ")[0] ?? ""));
  const fastest = hashesByRate.find(has);
  if (fastest !== undefined) return fastest;
  throw new Failure("task-failed", "no program for hashes is on all of the hosts", {
    next: "Install coreutils (sha256sum) there, or take hash: none.",
  });
}

function noMailRoot(path: string, host: string): Failure {
  return new Failure("task-failed", `${host} has no ${path}`, {
    host,
    next: "Is the file system mounted, and the path of the mail root right?",
  });
}

function unreadable(errors: readonly string[], path: string, host: string): Failure {
  const shown = errors.slice(0, 20).join("\n");
  const more = errors.length > 20 ? `\n… and ${errors.length - 20} more` : "";
  return new Failure(
    "task-failed",
    `not everything below ${path} on ${host} could be read:\n${shown}${more}`,
    {
      host,
      next: "Make it readable, then run this again. While the mailboxes are in use, phase: hot lets pass what goes away.",
    },
  );
}
