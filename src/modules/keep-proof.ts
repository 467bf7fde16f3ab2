import { writeFile } from "node:fs/promises";
import type { JsonObject } from "../contract/json.ts";
import type { LookContext } from "../contract/module.ts";
import { exceptionLine } from "../mail/proof.ts";
import { type ProofAccount, type ProofSinks, proofSummary } from "../mail/proof-account.ts";
import { ByteFile } from "./ledger-file.ts";

/** A proof, and where all of it stands. */
export interface KeptProof extends ProofAccount {
  readonly summary: string;
  /** The path of NAME.jsonl. */
  readonly file: string;
}

/**
 * Draws a proof into files of this run: NAME.jsonl has all of it; NAME.csv the mailboxes and NAME-exceptions.csv what differs,
 * for a spreadsheet; NAME.txt the summary.
 */
export async function keepProof(
  name: string,
  context: Pick<LookContext, "runFile">,
  draw: (sinks: ProofSinks) => Promise<ProofAccount>,
): Promise<KeptProof> {
  const keep = async (file: string): Promise<ByteFile> => new ByteFile(await context.runFile(file));
  const [lines, mailboxes, exceptions] = [
    await keep(`${name}.jsonl`),
    await keep(`${name}.csv`),
    await keep(`${name}-exceptions.csv`),
  ];
  const account = await draw({
    lines: (text) => lines.write(Buffer.from(text)),
    mailboxes: (text) => mailboxes.write(Buffer.from(text)),
    exceptions: (text) => exceptions.write(Buffer.from(text)),
  });
  for (const file of [mailboxes, exceptions, lines]) file.finish();
  const summary = proofSummary(account);
  const text = [summary, ...account.notes].map((line) => `${line}\n`).join("");
  await writeFile(await context.runFile(`${name}.txt`), text, { mode: 0o600 });
  return { ...account, summary, file: lines.path };
}

/** What `register` keeps of a proof. */
export function proofResult({
  counts,
  mailboxes,
  first,
  verdict,
  notes,
  file,
  explained,
}: KeptProof): JsonObject {
  const words = Object.entries(counts).map(([word, count]) => [word.replaceAll("-", "_"), count] as const);
  return {
    ...Object.fromEntries(words),
    ...(explained === undefined ? {} : { explained }),
    mailboxes,
    verdict,
    notes: [...notes],
    exceptions: first.map((exception) => exceptionLine(exception)),
    file,
  };
}

/** The summary, and the first exceptions below it. */
export function proofLines({ summary, first }: KeptProof): string {
  return [summary, ...first.map((exception) => `  ${exceptionLine(exception)}`)].join("\n");
}
