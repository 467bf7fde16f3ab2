import type { Socket } from "node:net";

/** One whole reply of an SMTP server. */
export interface SmtpReply {
  readonly code: number;
  readonly text: string;
}

/** No further reply can come: closed, reset, timed out, or not SMTP at all. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** Reads the replies of a server in order. */
export interface ReplyReader {
  /** Throws ConnectionLost. */
  next(timeoutMs: number): Promise<SmtpReply>;
  /** Stops to read, so that another can take over the socket. */
  detach(): void;
}

const longestReplyBytes = 64 * 1024;

/** Listens to a socket from now on; errors of the socket end the reader and nothing else. */
export function readReplies(socket: Socket): ReplyReader {
  const replies: SmtpReply[] = [];
  let waiting: { resolve(reply: SmtpReply): void; reject(error: Error): void } | undefined;
  let lost: ConnectionLost | undefined;
  let rest = "";

  const lose = (why: string) => {
    lost ??= new ConnectionLost(why);
    waiting?.reject(lost);
    waiting = undefined;
  };
  const take = (chunk: Buffer) => {
    rest += chunk.toString("latin1");
    if (rest.length > longestReplyBytes) return lose("the reply has no end");
    const taken = takeReplies(rest);
    rest = taken.rest;
    if (taken.malformed !== undefined) return lose(`not an SMTP reply: ${taken.malformed}`);
    replies.push(...taken.replies);
    if (waiting !== undefined) {
      const reply = replies.shift();
      if (reply !== undefined) {
        waiting.resolve(reply);
        waiting = undefined;
      }
    }
  };
  socket.on("data", take);
  socket.on("error", (error) => lose(error.message));
  socket.on("end", () => lose("connection closed by the server"));
  socket.on("close", () => lose("connection closed"));

  return {
    detach: () => {
      socket.off("data", take);
    },
    next: (timeoutMs) => {
      const reply = replies.shift();
      if (reply !== undefined) return Promise.resolve(reply);
      if (lost !== undefined) return Promise.reject(lost);
      const timer = setTimeout(() => lose(`no reply within ${timeoutMs} ms`), timeoutMs);
      return new Promise<SmtpReply>((resolve, reject) => {
        waiting = { resolve, reject };
      }).finally(() => clearTimeout(timer));
    },
  };
}

/** Takes all whole replies off the front of what was received; a reply may span lines ("250-…" up to "250 …"). */
export function takeReplies(received: string): {
  readonly replies: readonly SmtpReply[];
  readonly rest: string;
  readonly malformed?: string | undefined;
} {
  const replies: SmtpReply[] = [];
  let texts: string[] = [];
  let rest = received;
  let start = 0;
  for (let end = received.indexOf("\n"); end >= 0; end = received.indexOf("\n", start)) {
    const line = received.slice(start, end).replace(/\r$/, "");
    start = end + 1;
    const parts = /^(\d{3})(?:([ -])(.*))?$/s.exec(line);
    if (parts === null) return { replies, rest: "", malformed: line };
    texts.push(parts[3] ?? "");
    if (parts[2] === "-") continue;
    replies.push({ code: Number(parts[1]), text: texts.join("\n") });
    texts = [];
    rest = received.slice(start);
  }
  return { replies, rest };
}
