import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Failure } from "../contract/errors.ts";
import { keepRunFiles, type RunFiles } from "../engine/run-files.ts";
import type { ExplainedExtra } from "../mail/extra-messages.ts";
import type { LedgerHead } from "../mail/ledger.ts";
import type { LedgerReader } from "../mail/ledger-reader.ts";
import { exceptionLine } from "../mail/proof.ts";
import { drawProof, type ProofAccount, type ProofGrounds, proofSummary } from "../mail/proof-account.ts";
import { readExplained } from "../modules/explain-extras.ts";
import { openLedger } from "../modules/ledger-file.ts";
import type { CommandContext } from "./context.ts";
import { loadProject } from "./load-project.ts";
import type { MigrationOptions } from "./options.ts";
import { printLines } from "./print-lines.ts";

/** The first line of a kept proof. */
interface ProofHead extends ProofGrounds {
  readonly type: "proof";
  readonly old: LedgerHead;
  readonly new: LedgerHead;
}

/**
 * Makes a kept proof once more from its ledgers, and shows what it says. Throws a failure when the kept one says anything
 * else, or when the proof failed.
 */
export async function checkProof(
  playbookGiven: string,
  options: MigrationOptions & { readonly name: string },
  context: CommandContext,
): Promise<number> {
  const { migration } = await loadProject(playbookGiven, options, context);
  const files = keepRunFiles(migration.stateDirectory, "");
  const path = files.newest(`${options.name}.jsonl`);
  if (path === undefined) {
    throw new Failure("task-failed", `there is no proof "${options.name}" of this migration`, {
      next: "A task mail_proof makes it; its save_as is the name.",
    });
  }
  const head = await readProofHead(path);
  const account = await proveAgain(head, path, files);
  const told = account.first.map((exception) => `  ${exceptionLine(exception)}`);
  const summary = proofSummary(account);
  if (account.verdict === "failed") {
    throw new Failure("proof-failed", [summary, ...told].join("\n"), {
      next: `Every exception stands in ${path}.`,
    });
  }
  const hosts = [head.old, head.new].map(({ host, takenAt }) => `${host} (${takenAt})`).join(" and ");
  const texts = [
    `${hosts}: ${summary}`,
    ...account.notes,
    ...told,
    `Checked again from both ledgers: ${path}`,
  ];
  const lines = texts.map((text) => ({ tone: "plain", text }) as const);
  printLines(lines, context, "stdout");
  return 0;
}

/** The same ledgers under the same rules give the same bytes. */
async function proveAgain(head: ProofHead, path: string, files: RunFiles): Promise<ProofAccount> {
  const old = await openWanted(head.ledgers.old, head.old, files);
  const current = await openWanted(head.ledgers.new, head.new, files);
  const explanations = head.extras === undefined ? undefined : await readExtras(head.extras, files);
  const again = createHash("sha256");
  const sinks = {
    lines: (text: string) => void again.update(text),
    mailboxes: () => {},
    exceptions: () => {},
  };
  const account = await drawProof(old, current, head, sinks, explanations);
  if (again.digest("hex") === (await digestOf(path))) return account;
  throw new Failure("proof-failed", `${path} is not what its ledgers say: ${proofSummary(account)}`, {
    next: "One of the three files was changed behind the proof. Run the stage that makes it again.",
  });
}

/** What was found out of new's extra messages when the proof was made. */
async function readExtras(name: string, files: RunFiles): Promise<ReadonlyMap<string, ExplainedExtra>> {
  const path = files.newest(name);
  if (path !== undefined) return readExplained(path);
  throw new Failure("task-failed", `${name}, which explains this proof's extra messages, is gone`, {
    next: "Run the stage that makes this proof again.",
  });
}

async function openWanted(name: string, wanted: LedgerHead, files: RunFiles): Promise<LedgerReader> {
  const ledger = await openLedger(name, { lastRunFile: async (file) => files.newest(file) });
  if (JSON.stringify(ledger.head) === JSON.stringify(wanted)) return ledger;
  throw new Failure(
    "task-failed",
    `the ledger ${name} of ${wanted.takenAt} was followed by one of ${ledger.head.takenAt}`,
    { next: "Run the stage that makes this proof again." },
  );
}

async function readProofHead(path: string): Promise<ProofHead> {
  let text = "";
  for await (const piece of createReadStream(path, { encoding: "utf8", highWaterMark: 4096 })) {
    text += piece;
    if (text.includes("\n")) break;
  }
  try {
    const head = JSON.parse(text.slice(0, text.indexOf("\n"))) as ProofHead;
    if (head.type === "proof" && head.ledgers !== undefined) return head;
  } catch {
    // What is no JSON is no proof either.
  }
  throw new Failure("task-failed", `${path} is no proof of two ledgers`, {
    next: "`mailferry proof` checks what mail_proof wrote; --name is its save_as.",
  });
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
