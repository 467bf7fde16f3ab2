import { createRandom, type Random } from "../seeder/random.ts";

/** The domain in every Message-ID of a sender: by it their mails are found again. */
export const senderDomain = "traffic.example.com";

/** The envelope sender of every mail: example.com is the lab's outside world, its SPF names this machine. */
export const senderAddress = "traffic@example.com";

/** The name it greets with; the lab's name server knows its address, both ways. */
export const senderHelo = "client.example.com";

/** The Message-ID of the n-th mail of a run, with its angle brackets. */
export function messageId(run: string, number: number): string {
  return `<${run}.${number}@${senderDomain}>`;
}

/**
 * Writes the mail of a Message-ID: always the same text for the same id, so that a retry sends what was sent before.
 * Bodies hold what has broken transports: leading dots, a line of one dot, 8-bit text, another "Message-ID:" line.
 */
export function composeMail(mail: { readonly id: string; readonly to: string; readonly date: Date }): Buffer {
  const random = createRandom("mail", mail.id);
  const header = [
    `From: Traffic <${senderAddress}>`,
    `To: <${mail.to}>`,
    `Subject: ${random.pick(subjects)} ${random.integer(1, 9999)}`,
    `Date: ${mail.date.toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: ${mail.id}`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ];
  return Buffer.from(`${[...header, "", ...body(random)].join("\r\n")}\r\n`, "utf8");
}

function body(random: Random): readonly string[] {
  const lines = Array.from({ length: random.integer(4, 60) }, () => sentence(random));
  if (random.chance(0.2)) lines.push(".", ".hidden", "..", "after the dots");
  if (random.chance(0.1)) lines.push("", "Message-ID: <not-a-header@body.test>");
  return lines;
}

function sentence(random: Random): string {
  return Array.from({ length: random.integer(5, 14) }, () => random.pick(words)).join(" ");
}

const subjects = ["Invoice", "Meeting notes", "Re: Offer", "Fwd: Pictures", "Order", "Report"] as const;

const words = (
  "the ferry leaves at noon and carries letters über den Fluss to the harbour where café owners wait for news " +
  "from friends, orders of tea, maps 地図 of the coast, and a bill that nobody wants to pay before Friday"
).split(" ");
