import type { Socket } from "node:net";
import type { TlsMode } from "./arguments.ts";
import { startTls, type TlsExpectations, type TlsReport } from "./handshake.ts";
import { LineDialogue, type SmtpReply } from "./line-dialogue.ts";
import { ServiceError } from "./service-socket.ts";

/** An SMTP session that has said EHLO, with TLS where it was wanted. */
export interface SmtpSession {
  readonly dialogue: LineDialogue;
  readonly banner: string;
  /** The last EHLO's lines, without the greeting. */
  readonly capabilities: readonly string[];
  /** STARTTLS was offered before any TLS. */
  readonly offersStartTls: boolean;
  readonly tls: TlsReport | undefined;
}

/** Opens a session on a connected socket. Throws ServiceError when the server refuses it. */
export async function openSession(
  socket: Socket,
  mode: TlsMode,
  name: string,
  expectations: TlsExpectations,
): Promise<SmtpSession> {
  let stream = socket;
  let tls: TlsReport | undefined;
  if (mode === "implicit") ({ stream, tls } = await secure(stream, expectations));
  let dialogue = new LineDialogue(stream);
  const banner = expectCode(await dialogue.smtp(), 220, "the greeting").lines.join(" ");
  let capabilities = await sayHello(dialogue, name);
  const offersStartTls = capabilities.some((line) => /^STARTTLS$/i.test(line));
  if (mode === "starttls") {
    expectCode(await dialogue.smtp("STARTTLS"), 220, "STARTTLS");
    dialogue.release();
    ({ stream, tls } = await secure(stream, expectations));
    dialogue = new LineDialogue(stream);
    capabilities = await sayHello(dialogue, name);
  }
  return { dialogue, banner, capabilities, offersStartTls, tls };
}

/** Logs in with AUTH PLAIN. Throws ServiceError when the server won't have it. */
export async function logIn({ dialogue }: SmtpSession, user: string, password: string): Promise<void> {
  const credentials = Buffer.from(`\0${user}\0${password}`, "utf8").toString("base64");
  expectCode(await dialogue.smtp(`AUTH PLAIN ${credentials}`), 235, `the login of ${user}`);
}

/** Asks whether the server would take a mail, and takes it back. */
export async function askRecipient({ dialogue }: SmtpSession, from: string, to: string): Promise<SmtpReply> {
  const sender = await dialogue.smtp(`MAIL FROM:<${from}>`);
  if (sender.code >= 300) return sender;
  const recipient = await dialogue.smtp(`RCPT TO:<${to}>`);
  await dialogue.smtp("RSET");
  return recipient;
}

/** Takes leave. All is known by now: a server that hangs up without a word is none the worse for it. */
export async function sayGoodbye({ dialogue }: SmtpSession): Promise<void> {
  await dialogue.smtp("QUIT").catch(() => undefined);
}

/** A reply as one line: "450 4.1.1 no such user". */
export function replyText({ code, lines }: SmtpReply): string {
  return `${code} ${lines.join(" ")}`;
}

async function secure(
  socket: Socket,
  expectations: TlsExpectations,
): Promise<{ stream: Socket; tls: TlsReport }> {
  const { secured, report } = await startTls(socket, expectations);
  if (expectations.verify && !report.authorized) {
    throw new ServiceError(`its certificate is not good for ${expectations.servername}: ${report.error}`);
  }
  return { stream: secured, tls: report };
}

async function sayHello(dialogue: LineDialogue, name: string): Promise<string[]> {
  return expectCode(await dialogue.smtp(`EHLO ${name}`), 250, "EHLO").lines.slice(1);
}

function expectCode(reply: SmtpReply, code: number, what: string): SmtpReply {
  if (reply.code === code) return reply;
  throw new ServiceError(`the server answers ${what} with ${replyText(reply)}`);
}
