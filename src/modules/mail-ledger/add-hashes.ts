import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { inStep } from "../../mail/in-step.ts";
import { knownHashes, type PartlyHashed, withHashes } from "../../mail/known-hashes.ts";
import { folderKey, type LedgerHash, type LedgerHead } from "../../mail/ledger.ts";
import { endLine, fileLine, folderLines, headLine } from "../../mail/ledger-lines.ts";
import type { LedgerReader } from "../../mail/ledger-reader.ts";
import type { ByteFile } from "../ledger-file.ts";
import { longOutput } from "../long-output.ts";
import type { Priority } from "../priority.ts";
import { hashCommand } from "./scan-script.ts";

/** What to add to a ledger without hashes. */
export interface HashOrder {
  readonly host: HostReader;
  readonly root: string;
  readonly hash: LedgerHash;
  /** By names and sizes. */
  readonly listed: LedgerReader;
  /** An earlier ledger of the same place, with hashes of the same kind. */
  readonly earlier: LedgerReader;
  readonly priority?: Priority | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What hashing came to. */
export interface AddedHashes {
  /** How many messages were hashed now. */
  readonly hashed: number;
  /** The path of the first message that has no hash. */
  readonly unhashed: ByteText | undefined;
  /** What the host's programs said. */
  readonly stderr: string;
}

/**
 * Writes a ledger with hashes: of messages that the earlier ledger has those from there, of the others those that the host
 * makes now. Holds folders of some ten thousand messages.
 */
export async function addHashes(order: HashOrder, file: ByteFile): Promise<AddedHashes> {
  const { listed, earlier, hash } = order;
  const head: LedgerHead = { ...listed.head, hash, hashesSince: earlier.head.takenAt };
  file.write(headLine(head));
  const added = { hashed: 0, unhashed: undefined as ByteText | undefined, stderr: "" };
  let waiting: PartlyHashed[] = [];
  let held = 0;
  const writeWaiting = async (): Promise<void> => {
    const { hashes, stderr } = await hashMessages(waiting, order);
    for (const one of waiting) writeFolder(one, hashes, file, added);
    added.hashed += hashes.size;
    added.stderr += stderr;
    [waiting, held] = [[], 0];
  };
  for await (const [folder, before] of inStep(listed.folders(), earlier.folders(), folderKey)) {
    if (folder === undefined) continue;
    const one = knownHashes(folder, before);
    waiting.push(one);
    held += folder.count + 10;
    if (held >= enough) await writeWaiting();
  }
  await writeWaiting();
  for await (const other of listed.files()) file.write(fileLine(other));
  file.write(endLine(listed.summary()));
  return added;
}

const enough = 50_000;
/** Behind the path of each message stands `//#` and the digits of a hash: SHA-512's at most. */
const longestHash = 3 + 128;

function writeFolder(
  { folder, known }: PartlyHashed,
  hashes: ReadonlyMap<ByteText, string>,
  file: ByteFile,
  added: { unhashed: ByteText | undefined },
): void {
  const key = folderKey(folder);
  const whole = withHashes(folder, (path) => known.get(path) ?? hashes.get(`./${key}${path}`));
  if (whole.unhashed !== undefined) added.unhashed ??= `./${key}${whole.unhashed}`;
  for (const piece of folderLines(whole.folder)) file.write(piece);
}

/** The hashes of all messages that none is known of, by their paths as the host says them: `./…/cur/NAME`. */
async function hashMessages(
  folders: readonly PartlyHashed[],
  { host, root, hash, priority, timeoutMs, signal }: HashOrder,
): Promise<{ readonly hashes: ReadonlyMap<ByteText, string>; readonly stderr: string }> {
  const hashes = new Map<ByteText, string>();
  const paths = folders.flatMap(({ folder, unknown }) =>
    unknown.map((path) => `./${folderKey(folder)}${path}\0`),
  );
  if (paths.length === 0) return { hashes, stderr: "" };
  const asked = paths.reduce((sum, path) => sum + path.length, 0);
  const output = longOutput(host.name, asked + paths.length * longestHash);
  const { stderr } = await host.probe(hashCommand(root, hash, priority), {
    stdin: Buffer.from(paths.join(""), "latin1"),
    onStdout: output.take,
    ...{ timeoutMs, signal },
  });
  for (const record of output.whole().toString("latin1").split("\0")) {
    const [, path, value] = /^(.*)\/\/#([0-9a-f]+)$/s.exec(record) ?? [];
    if (path !== undefined && value !== undefined) hashes.set(path, value);
  }
  return { hashes, stderr: stderr.toString("latin1") };
}
