import type { LogLine } from "./mail-log-line.ts";

/** What a line of Postfix's log tells of one message. `id` is its queue id, `at` in seconds since 1970. */
export type PostfixEvent = { readonly at: number } & (
  | { readonly kind: "arriving"; readonly id: string; readonly process: string }
  | { readonly kind: "message-id"; readonly id: string; readonly messageId: string }
  | { readonly kind: "queued"; readonly id: string; readonly sender: string; readonly recipients: number }
  | { readonly kind: "attempt"; readonly id: string; readonly attempt: DeliveryAttempt }
  /** Not taken: the client was told so. */
  | { readonly kind: "refused" | "discarded" | "held" | "released" | "requeued"; readonly id: string }
  /** By hand, with postsuper. */
  | { readonly kind: "deleted"; readonly id: string }
  | { readonly kind: "expired" | "removed"; readonly id: string }
  /** A client went away in the middle of what it sent. */
  | { readonly kind: "session-broken"; readonly process: string }
  /** The journal itself says that it dropped lines. */
  | { readonly kind: "lines-lost"; readonly text: string }
);

/** One try to deliver to one recipient. */
export interface DeliveryAttempt {
  /** The delivery agent: "lmtp", "smtp", "local", … */
  readonly agent: string;
  readonly recipient: string;
  readonly relay: string;
  readonly status: string;
  /** What the agent or the other server said, at most 300 characters. */
  readonly said: string;
}

/**
 * What a line of the log tells of a message's way (postfix 2.x to 3.10); undefined when it tells nothing. What clients and
 * other servers wrote into the line is never taken for a word of Postfix: addresses are read with their quotes, and
 * everything else stands before what was said.
 */
export function parsePostfixLine({ at, tag, pid, text }: LogLine): PostfixEvent | undefined {
  if (tag === "systemd-journald") return parseLostLines(at, text);
  const program = tag.slice(tag.lastIndexOf("/") + 1);
  if (program === tag) return undefined;
  return parseText(at, program, `${tag}[${pid}]`, text);
}

function parseLostLines(at: number, text: string): PostfixEvent | undefined {
  return /^Suppressed \d+ messages from \S*postfix/.test(text)
    ? { at, kind: "lines-lost", text: text.slice(0, 120) }
    : undefined;
}

function parseText(at: number, program: string, process: string, text: string): PostfixEvent | undefined {
  // In the midst of a message (DATA tells a size then). After anything else, the last message came to its end and may be taken.
  if (
    program === "smtpd" &&
    /^(lost connection|timeout|too many errors) after (DATA \(\d+ bytes\)|BDAT) /.test(text)
  ) {
    return { at, kind: "session-broken", process };
  }
  const named = /^(?:warning: )?([0-9A-Za-z]{6,20}): /.exec(text);
  const [prefix = "", id = "NOQUEUE"] = named ?? [];
  if (id === "NOQUEUE" || id === "warning") return undefined;
  const rest = text.slice(prefix.length);
  // A queue file that could not be written: the client was told to try again.
  if (prefix.startsWith("warning: ")) return fileTrouble(at, program, id, rest);
  return ofMessage(at, program, process, id, rest);
}

function fileTrouble(at: number, program: string, id: string, rest: string): PostfixEvent | undefined {
  const isTrouble = /^(queue file size limit exceeded|write queue file|.*: No space left)/.test(rest);
  return isTrouble && (program === "smtpd" || program === "cleanup" || program === "pickup")
    ? { at, kind: "refused", id }
    : undefined;
}

function ofMessage(
  at: number,
  program: string,
  process: string,
  id: string,
  rest: string,
): PostfixEvent | undefined {
  switch (program) {
    case "smtpd":
      if (rest.startsWith("client=")) return { at, kind: "arriving", id, process };
      return byRule(at, id, rest);
    case "pickup":
    case "qmqpd":
      return /^(uid|client)=/.test(rest) ? { at, kind: "arriving", id, process } : undefined;
    case "cleanup":
      return ofCleanup(at, id, rest);
    case "qmgr":
    case "nqmgr":
      return ofQueueManager(at, id, rest) ?? ofAttempt(at, program, id, rest);
    case "postsuper":
      return ofPostsuper(at, id, rest);
    default:
      return ofAttempt(at, program, id, rest);
  }
}

function ofCleanup(at: number, id: string, rest: string): PostfixEvent | undefined {
  const messageId = /^(?:resent-)?message-id=<?(.*?)>?$/.exec(rest)?.[1];
  if (messageId !== undefined) return { at, kind: "message-id", id, messageId: messageId.slice(0, 200) };
  return byRule(at, id, rest);
}

/** What an access table, a header check or a milter did. A recipient that smtpd rejects leaves the message to the others. */
function byRule(at: number, id: string, rest: string): PostfixEvent | undefined {
  const [, action, stage] = /^(?:milter-)?(reject|discard|hold): (\S+)/.exec(rest) ?? [];
  if (action === "hold") return { at, kind: "held", id };
  if (action === "discard") return { at, kind: "discarded", id };
  const isWhole = action === "reject" && stage !== "RCPT";
  return isWhole ? { at, kind: "refused", id } : undefined;
}

function ofQueueManager(at: number, id: string, rest: string): PostfixEvent | undefined {
  if (rest === "removed") return { at, kind: "removed", id };
  const from = readAddress(rest, "from=");
  if (from === undefined) return undefined;
  const recipients = /^, size=\d+, nrcpt=(\d+) /.exec(from.rest)?.[1];
  if (recipients !== undefined) {
    return { at, kind: "queued", id, sender: from.address, recipients: Number(recipients) };
  }
  return /^, status=(expired|force-expired),/.test(from.rest) ? { at, kind: "expired", id } : undefined;
}

function ofPostsuper(at: number, id: string, rest: string): PostfixEvent | undefined {
  const kinds = {
    removed: "deleted",
    "placed on hold": "held",
    "released from hold": "released",
    requeued: "requeued",
  } as const;
  const kind = kinds[rest as keyof typeof kinds];
  return kind === undefined ? undefined : { at, kind, id };
}

/** The queue manager itself tells of what it puts off because a server did not answer before. */
function ofAttempt(at: number, program: string, id: string, rest: string): PostfixEvent | undefined {
  const attempt = readAttempt(program, rest);
  return attempt === undefined ? undefined : { at, kind: "attempt", id, attempt };
}

function readAttempt(agent: string, rest: string): DeliveryAttempt | undefined {
  const to = readAddress(rest, "to=");
  if (to === undefined) return undefined;
  const behind = readAddress(to.rest, ", orig_to=")?.rest ?? to.rest;
  const [, relay, status, said = ""] =
    /^, relay=([^,\s]+)(?:, conn_use=\d+)?, delay=[\d.]+(?:, delays=[\d./]+)?(?:, dsn=[\d.]+)?, status=([A-Za-z-]+)(?: \((.*)\)?)?$/.exec(
      behind,
    ) ?? [];
  if (relay === undefined || status === undefined) return undefined;
  return { agent, recipient: to.address, relay, status, said: said.replace(/\)$/, "").slice(0, 300) };
}

/** An address in angle brackets: quoted parts may hold anything, brackets too. */
function readAddress(text: string, word: string): { address: string; rest: string } | undefined {
  if (!text.startsWith(`${word}<`)) return undefined;
  const found = /^((?:"(?:[^"\\]|\\.)*"|[^">])*)>/.exec(text.slice(word.length + 1));
  if (found === null) return undefined;
  const [whole, address = ""] = found;
  return { address: address.slice(0, 320), rest: text.slice(word.length + 1 + whole.length) };
}

/** Lines that tell of a message's way, as an extended regular expression for a whole line. */
export const postfixPattern: string = [
  "/[a-z-]+\\[[0-9]+\\]: (warning: )?[0-9A-Za-z]{6,20}: (client=|uid=|(resent-)?message-id=|from=<|to=<|removed$",
  "|placed on hold|released from hold|requeued|(milter-)?(reject|discard|hold): |queue file |write queue|.*No space)",
  "|/smtpd\\[[0-9]+\\]: (lost connection|timeout|too many errors) after ",
  "|systemd-journald\\[[0-9]+\\]: Suppressed ",
].join("");
