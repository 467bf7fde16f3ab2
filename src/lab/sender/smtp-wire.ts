import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ConnectionLost, type ReplyReader, readReplies } from "./smtp-replies.ts";

/** A connection to a mail server, plain or with TLS. */
export interface SmtpWire {
  readonly socket: Socket;
  readonly replies: ReplyReader;
  /** Waits until it stands. */
  opened(timeoutMs: number): Promise<void>;
}

/** Takes over a socket that is being connected. */
export function wireOf(socket: Socket, event: "connect" | "secureConnect" = "connect"): SmtpWire {
  const replies = readReplies(socket);
  const opened = (timeoutMs: number) =>
    within(timeoutMs, "no connection", (resolve, reject) => {
      socket.once(event, resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new ConnectionLost("connection closed")));
    });
  return { socket, replies, opened };
}

/** Begins TLS on a connection. Certificates are not verified: mail servers know no names to trust. */
export async function secureWire(plain: SmtpWire, timeoutMs: number): Promise<SmtpWire> {
  plain.replies.detach();
  const wire = wireOf(connectTls({ socket: plain.socket, rejectUnauthorized: false }), "secureConnect");
  await wire.opened(timeoutMs);
  return wire;
}

/** Resolves once the kernel has the bytes. */
export function write(socket: Socket, bytes: Buffer, timeoutMs: number): Promise<void> {
  return within(timeoutMs, "the server reads no more", (resolve, reject) => {
    socket.write(bytes, (error) => {
      if (error) reject(error);
      // Node reports no error for a write that was under way when the connection was reset.
      else if (socket.destroyed) reject(new ConnectionLost("connection closed"));
      else resolve();
    });
  });
}

const goodbyeMs = 5000;

/** Says QUIT if that is still possible, and sees to it that the socket is closed in the end. */
export function leave(socket: Socket): void {
  if (socket.destroyed || socket.connecting) {
    socket.destroy();
    return;
  }
  const timer = setTimeout(() => socket.destroy(), goodbyeMs).unref();
  socket.once("close", () => clearTimeout(timer));
  socket.end("QUIT\r\n");
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
