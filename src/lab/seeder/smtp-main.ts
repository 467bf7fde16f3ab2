/**
 * Hands mails to an SMTP server, as a process of its own inside the lab's network. Reads `SmtpJob` as JSON from
 * standard input; writes the outcomes as a JSON array in the same order.
 */
import { text } from "node:stream/consumers";
import { senderHelo } from "../sender/mail.ts";
import { senderDefaults } from "../sender/options.ts";
import { deliver, type SmtpOutcome } from "../sender/smtp-session.ts";
import type { SmtpJob } from "./smtp-door.ts";

const job = JSON.parse(await text(process.stdin)) as SmtpJob;
const server = { address: job.address, port: senderDefaults.port };
const outcomes: SmtpOutcome[] = [];
for (const { from, to, content } of job.mails) {
  const mail = { from, to, content: Buffer.from(content, "base64") };
  outcomes.push(await deliver(server, mail, { ...senderDefaults, helo: senderHelo }));
}
process.stdout.write(JSON.stringify(outcomes));
