import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LookContext } from "../../contract/module.ts";
import type { LedgerHash } from "../../mail/ledger.ts";
import type { LedgerReader } from "../../mail/ledger-reader.ts";
import { hasProofFailedSince } from "../failed-proof.ts";
import { openLedgerFile, readHeadOf } from "../ledger-file.ts";

/** Which ledgers are one after the other: those of a mail root on a host. */
export interface LedgerPlace {
  readonly host: string;
  readonly root: string;
}

/** Notes that a ledger with hashes was taken, for later ones that go on from it. */
export async function noteHashedLedger(
  place: LedgerPlace,
  name: string,
  context: Pick<LookContext, "runFile">,
): Promise<void> {
  await writeFile(await context.runFile(noteName(place)), `${name}\n`, { mode: 0o600 });
}

/**
 * The last ledger with hashes of this kind, of the same place. undefined where there is none, or where a proof failed since:
 * what was found then has to be looked at anew.
 */
export async function lastHashedLedger(
  place: LedgerPlace,
  hash: LedgerHash,
  context: Pick<LookContext, "lastRunFile">,
): Promise<LedgerReader | undefined> {
  const note = await context.lastRunFile(noteName(place));
  if (note === undefined || (await hasProofFailedSince(note, context))) return undefined;
  const file = join(dirname(note), (await readFile(note, "utf8")).trimEnd());
  if (!existsSync(file)) return undefined;
  const head = await readHeadOf(file);
  const isOfThese = head.hash === hash && head.host === place.host && head.root === place.root;
  return isOfThese ? openLedgerFile(file) : undefined;
}

function noteName({ host, root }: LedgerPlace): string {
  return `hashed-ledger-${createHash("sha256").update(`${host}\0${root}`).digest("hex").slice(0, 12)}`;
}
