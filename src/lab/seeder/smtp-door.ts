import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { entryFile } from "../sender/entry-file.ts";
import type { SmtpOutcome } from "../sender/smtp-session.ts";
import type { InNamespace, SeedTarget } from "./target.ts";

/** What the process at the SMTP door is given. */
export interface SmtpJob {
  readonly address: string;
  /** `content` is base64. */
  readonly mails: readonly { readonly from: string; readonly to: string; readonly content: string }[];
}

export interface OutsideMail {
  readonly to: string;
  readonly content: Buffer;
}

/** Sends mails to port 25 of the host from the outside, and waits until its queue is empty. Throws unless all were taken. */
export async function deliverBySmtp(
  target: SeedTarget,
  inNamespace: InNamespace,
  mails: readonly OutsideMail[],
): Promise<void> {
  const job: SmtpJob = {
    address: target.address,
    mails: mails.map(({ to, content }) => ({
      from: "friend@example.com",
      to,
      content: content.toString("base64"),
    })),
  };
  const outcomes = JSON.parse(await runMain(inNamespace, JSON.stringify(job))) as readonly SmtpOutcome[];
  const refused = outcomes.filter((outcome) => outcome.state !== "accepted");
  if (refused.length > 0)
    throw new Error(`SMTP to ${target.name}: ${refused[0]?.step} got "${refused[0]?.reply}"`);
  await waitForEmptyQueue(target);
}

const queuePatienceMs = 120_000;

/** Waits until Postfix has nothing left to deliver. */
export async function waitForEmptyQueue(
  target: SeedTarget,
  patienceMs: number = queuePatienceMs,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const left = (await target.run(["postqueue", "-j"])).trim();
    if (left === "") return;
    if (Date.now() > deadline)
      throw new Error(`the queue of ${target.name} still holds: ${left.slice(0, 500)}`);
    await pause(200);
  }
}

function runMain(inNamespace: InNamespace, input: string): Promise<string> {
  const [program = "", ...argv] = inNamespace([process.execPath, entryFile(import.meta.url, "smtp-main")]);
  return new Promise((resolve, reject) => {
    const child = execFile(program, argv, { maxBuffer: 1 << 26 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
