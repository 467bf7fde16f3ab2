import { connect } from "node:net";
import { ConnectionLost, type SmtpReply } from "./smtp-replies.ts";
import { leave, type SmtpWire, secureWire, wireOf, write } from "./smtp-wire.ts";

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
export type SmtpStep = "connect" | "greeting" | "ehlo" | "starttls" | "mail" | "rcpt" | "data" | "dot";

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
  const socket = connect({ host: server.address, port: server.port, noDelay: true });
  const session: Session = { wire: wireOf(socket), step: "connect", options };
  const abort = () => session.wire.socket.destroy(new Error("the sender stopped"));
  options.signal?.addEventListener("abort", abort);
  try {
    if (options.signal?.aborted) abort();
    await session.wire.opened(options.connectTimeoutMs);
    return (await introduce(session)) ?? (await hand(session, mail));
  } catch (error) {
    const reply = error instanceof Error ? error.message : String(error);
    return { state: session.step === "dot" ? "unknown" : "deferred", step: session.step, reply };
  } finally {
    options.signal?.removeEventListener("abort", abort);
    leave(session.wire.socket);
  }
}

/** The content as it goes over the wire, without the final dot: CRLF line ends, leading dots doubled (RFC 5321, 4.5.2). */
export function toWire(content: Buffer): Buffer {
  const lines = content
    .toString("latin1")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const stuffed = lines.map((line) => (line.startsWith(".") ? `.${line}\r\n` : `${line}\r\n`));
  return Buffer.from(stuffed.join(""), "latin1");
}

interface Session {
  wire: SmtpWire;
  step: SmtpStep;
  readonly options: SessionOptions;
}

/** Greeting and EHLO, with TLS where the server offers it, whatever its certificate: as MTAs do. Returns what ends it early. */
async function introduce(session: Session): Promise<SmtpOutcome | undefined> {
  const greeting = await ask(session, "greeting", undefined);
  if (kindOf(greeting) !== 2) return judge("greeting", greeting);
  const hello = `EHLO ${session.options.helo}`;
  const ehlo = await ask(session, "ehlo", hello);
  if (kindOf(ehlo) !== 2) return judge("ehlo", ehlo);
  if (!/^STARTTLS$/im.test(ehlo.text)) return undefined;
  const starttls = await ask(session, "starttls", "STARTTLS");
  if (kindOf(starttls) !== 2) return judge("starttls", starttls);
  session.wire = await secureWire(session.wire, session.options.replyTimeoutMs);
  const again = await ask(session, "ehlo", hello);
  return kindOf(again) === 2 ? undefined : judge("ehlo", again);
}

/** Envelope and text. */
async function hand(session: Session, mail: Delivery): Promise<SmtpOutcome> {
  const { options } = session;
  const envelope: readonly (readonly [SmtpStep, string, number])[] = [
    ["mail", `MAIL FROM:<${mail.from}>`, 2],
    ["rcpt", `RCPT TO:<${mail.to}>`, 2],
    ["data", "DATA", 3],
  ];
  for (const [step, line, wanted] of envelope) {
    const reply = await ask(session, step, line);
    if (kindOf(reply) !== wanted) return judge(step, reply);
  }
  await write(session.wire.socket, toWire(mail.content), options.replyTimeoutMs);
  options.onDot?.();
  session.step = "dot";
  await write(session.wire.socket, Buffer.from(".\r\n"), options.dotTimeoutMs);
  return judge("dot", await session.wire.replies.next(options.dotTimeoutMs));
}

async function ask(session: Session, step: SmtpStep, line: string | undefined): Promise<SmtpReply> {
  const { wire, options } = session;
  session.step = step;
  if (line !== undefined) await write(wire.socket, Buffer.from(`${line}\r\n`), options.replyTimeoutMs);
  return wire.replies.next(options.replyTimeoutMs);
}

/** A 5xx before the envelope speaks of the server and not of the mail: MTAs try again later. */
function judge(step: SmtpStep, answer: SmtpReply): SmtpOutcome {
  const reply = `${answer.code} ${answer.text}`;
  const kind = kindOf(answer);
  if (step === "dot" && kind === 2) return { state: "accepted", step, reply };
  if (kind === 5 && !beforeEnvelope.includes(step)) return { state: "refused", step, reply };
  if (step === "dot" && kind !== 4) throw new ConnectionLost(reply);
  return { state: "deferred", step, reply };
}

const beforeEnvelope: readonly SmtpStep[] = ["greeting", "ehlo", "starttls"];

function kindOf(reply: SmtpReply): number {
  return Math.floor(reply.code / 100);
}
