import { connect, type Socket } from "node:net";
import { ConnectionLost, type ReplyReader, readReplies, type SmtpReply } from "./smtp-replies.ts";

/** A mail on its way: one envelope recipient, the content with any line ends. */
export interface Delivery {
  readonly from: string;
  readonly to: string;
  readonly content: Buffer;
}

export interface SessionOptions {
  readonly helo: string;
  readonly connectTimeoutMs: number;
  /** For every reply but the one after the final dot. */
  readonly replyTimeoutMs: number;
  readonly dotTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called right before the final dot is written. */
  readonly onDot?: (() => void) | undefined;
}

/** The step of the dialogue that decided. */
export type SmtpStep = "connect" | "greeting" | "ehlo" | "mail" | "rcpt" | "data" | "dot";

/** `deferred` is safe to repeat: the server can't have kept the mail. `unknown` may double it. */
export interface SmtpOutcome {
  readonly state: "accepted" | "refused" | "deferred" | "unknown";
  readonly step: SmtpStep;
  readonly reply: string;
}

/** Hands one mail to one server on a connection of its own, and says exactly what the server took. Never throws. */
export async function deliver(
  server: { readonly address: string; readonly port: number },
  mail: Delivery,
  options: SessionOptions,
): Promise<SmtpOutcome> {
  const progress: { step: SmtpStep } = { step: "connect" };
  const socket = connect({ host: server.address, port: server.port, noDelay: true });
  const replies = readReplies(socket);
  const abort = () => socket.destroy(new Error("the sender stopped"));
  options.signal?.addEventListener("abort", abort);
  try {
    if (options.signal?.aborted) abort();
    await connected(socket, options.connectTimeoutMs);
    return await converse(socket, replies, mail, options, progress);
  } catch (error) {
    const reply = error instanceof Error ? error.message : String(error);
    return { state: progress.step === "dot" ? "unknown" : "deferred", step: progress.step, reply };
  } finally {
    options.signal?.removeEventListener("abort", abort);
    leave(socket);
  }
}

/** The content as it goes over the wire, without the final dot: CRLF line ends, leading dots doubled (RFC 5321, 4.5.2). */
export function toWire(content: Buffer): Buffer {
  const lines = content
    .toString("latin1")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  return Buffer.from(
    lines.map((line) => (line.startsWith(".") ? `.${line}\r\n` : `${line}\r\n`)).join(""),
    "latin1",
  );
}

async function converse(
  socket: Socket,
  replies: ReplyReader,
  mail: Delivery,
  options: SessionOptions,
  progress: { step: SmtpStep },
): Promise<SmtpOutcome> {
  const ask = async (step: SmtpStep, line: string | undefined): Promise<SmtpReply> => {
    progress.step = step;
    if (line !== undefined) await write(socket, Buffer.from(`${line}\r\n`), options.replyTimeoutMs);
    return replies.next(options.replyTimeoutMs);
  };
  const dialogue: readonly (readonly [SmtpStep, string | undefined, number])[] = [
    ["greeting", undefined, 2],
    ["ehlo", `EHLO ${options.helo}`, 2],
    ["mail", `MAIL FROM:<${mail.from}>`, 2],
    ["rcpt", `RCPT TO:<${mail.to}>`, 2],
    ["data", "DATA", 3],
  ];
  for (const [step, line, wanted] of dialogue) {
    const reply = await ask(step, line);
    if (Math.floor(reply.code / 100) !== wanted) return judge(step, reply);
  }
  await write(socket, toWire(mail.content), options.replyTimeoutMs);
  options.onDot?.();
  progress.step = "dot";
  await write(socket, Buffer.from(".\r\n"), options.dotTimeoutMs);
  const reply = await replies.next(options.dotTimeoutMs);
  return judge("dot", reply);
}

/** A 5xx greeting or EHLO speaks of the server and not of the mail: MTAs try again later. */
function judge(step: SmtpStep, { code, text }: SmtpReply): SmtpOutcome {
  const reply = `${code} ${text}`;
  const kind = Math.floor(code / 100);
  if (step === "dot" && kind === 2) return { state: "accepted", step, reply };
  if (kind === 5 && step !== "greeting" && step !== "ehlo") return { state: "refused", step, reply };
  if (step === "dot" && kind !== 4) return { state: "unknown", step, reply };
  return { state: "deferred", step, reply };
}

function connected(socket: Socket, timeoutMs: number): Promise<void> {
  return within(timeoutMs, "no connection", (resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new ConnectionLost("connection closed")));
  });
}

/** Resolves once the kernel has the bytes. */
function write(socket: Socket, bytes: Buffer, timeoutMs: number): Promise<void> {
  return within(timeoutMs, "the server reads no more", (resolve, reject) => {
    socket.write(bytes, (error) => {
      if (error) reject(error);
      // Node reports no error for a write that was under way when the connection was reset.
      else if (socket.destroyed) reject(new ConnectionLost("connection closed"));
      else resolve();
    });
  });
}

function within(
  timeoutMs: number,
  otherwise: string,
  start: (resolve: () => void, reject: (error: Error) => void) => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  return new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => reject(new ConnectionLost(`${otherwise} within ${timeoutMs} ms`)), timeoutMs);
    start(resolve, reject);
  }).finally(() => clearTimeout(timer));
}

const goodbyeMs = 5000;

function leave(socket: Socket): void {
  if (socket.destroyed || socket.connecting) {
    socket.destroy();
    return;
  }
  const timer = setTimeout(() => socket.destroy(), goodbyeMs).unref();
  socket.once("close", () => clearTimeout(timer));
  socket.end("QUIT\r\n");
}
