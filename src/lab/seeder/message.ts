import type { Random } from "./random.ts";

/**
 * What is odd about a message: `eight-bit` and `latin1` have bytes above 127, the latter no valid UTF-8;
 * `fake-headers` repeats "Message-ID:" in the body; `folded-id` breaks the header line before the id;
 * `no-id` has none; `crlf` has CRLF line ends where the others have LF.
 */
export type MessageKind =
  | "plain"
  | "html"
  | "eight-bit"
  | "latin1"
  | "fake-headers"
  | "folded-id"
  | "no-id"
  | "crlf"
  | "attachment";

/** A message to be written. */
export interface SeedMessage {
  /** With angle brackets. */
  readonly id: string;
  readonly to: string;
  readonly date: Date;
  readonly kind: MessageKind;
  /** Of the attachment, before it is encoded. */
  readonly attachmentBytes?: number | undefined;
  /** More header lines, without line ends. */
  readonly header?: readonly string[] | undefined;
}

/** Writes a message with LF line ends (CRLF for `crlf`). The same stream of numbers gives the same bytes. */
export function composeMessage(message: SeedMessage, random: Random): Buffer {
  const { id, to, date, kind } = message;
  const idHeader =
    kind === "folded-id" ? [`Message-ID:\n ${id}`] : kind === "no-id" ? [] : [`Message-Id: ${id}`];
  const header = [
    `From: "${random.pick(correspondents)}" <${random.pick(asciiWords)}@example.com>`,
    `To: <${to}>`,
    `Subject: ${encodedWord(`${random.pick(words)} ${random.pick(words)} no. ${random.integer(1, 999)}`)}`,
    `Date: ${date.toUTCString().replace("GMT", "+0000")}`,
    ...idHeader,
    ...(message.header ?? []),
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
  ];
  const text = `${[...header, ...bodyOf(message, random)].join("\n")}\n`;
  if (kind === "latin1") return Buffer.from(text, "latin1");
  return Buffer.from(kind === "crlf" ? text.replaceAll("\n", "\r\n") : text, "utf8");
}

function bodyOf({ kind, attachmentBytes = 0 }: SeedMessage, random: Random): readonly string[] {
  switch (kind) {
    case "html":
      return [
        "Content-Type: text/html; charset=us-ascii",
        "",
        "<p>",
        ...paragraph(random, asciiWords),
        "</p>",
      ];
    case "eight-bit":
      return [...plainType("utf-8"), ...paragraph(random, words), "Grüße, 北京 ✉"];
    case "latin1":
      return [
        ...plainType("iso-8859-1"),
        ...paragraph(random, asciiWords),
        "Gr\u00fc\u00dfe aus K\u00f6ln \u00ff",
      ];
    case "fake-headers":
      return [
        ...plainType("us-ascii"),
        "Message-ID: <body@not.a.header>",
        "From me to you",
        ...paragraph(random, asciiWords),
      ];
    case "attachment":
      return attachment(attachmentBytes, random);
    default:
      return [...plainType("us-ascii"), ...paragraph(random, asciiWords)];
  }
}

function plainType(charset: string): readonly string[] {
  return [`Content-Type: text/plain; charset=${charset}`, "Content-Transfer-Encoding: 8bit", ""];
}

/** Most are short, a few are long. */
function paragraph(random: Random, vocabulary: readonly string[]): readonly string[] {
  const lines = random.chance(0.03) ? random.integer(150, 600) : random.integer(3, 30);
  return Array.from({ length: lines }, () =>
    Array.from({ length: random.integer(4, 12) }, () => random.pick(vocabulary)).join(" "),
  );
}

function attachment(bytes: number, random: Random): readonly string[] {
  const boundary = "=-seed-boundary";
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    ...plainType("us-ascii"),
    "See attached.",
    `--${boundary}`,
    'Content-Type: application/octet-stream; name="data.bin"',
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="data.bin"',
    "",
    ...base64Lines(bytes, random),
    `--${boundary}--`,
  ];
}

const bytesPerLine = 57;

/** Lines of the usual 76 characters. They come round again after a while: random bytes by the megabyte are slow. */
function base64Lines(bytes: number, random: Random): readonly string[] {
  const different = Array.from({ length: 64 }, () =>
    Buffer.from(Array.from({ length: bytesPerLine }, () => random.integer(0, 255))).toString("base64"),
  );
  const lines = Math.ceil(bytes / bytesPerLine);
  return Array.from({ length: lines }, (_, line) => different[line % different.length] ?? "");
}

function encodedWord(text: string): string {
  return `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;
}

const correspondents = ["Ada L.", "Grace H.", "Edsger D.", "Barbara L.", "Ken T.", "Radia P."] as const;

const asciiWords = (
  "ferry harbour letter order meeting report the a of and with from tomorrow budget review draft contract " +
  "ticket server backup invoice table number answer question weather coffee train notes agenda release"
).split(" ");

const words = [...asciiWords, "größe", "straße", "été", "naïve", "mañana", "привет", "世界"].filter(
  (word) => word !== "",
);
