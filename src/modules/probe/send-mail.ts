import type { NodemailerError, SMTPTransportOptions } from "nodemailer";
import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { sleep } from "../sleep.ts";
import type { CertificateWords, ServiceWords, TlsMode } from "./arguments.ts";
import { readExpectations, tlsOptions } from "./handshake.ts";
import { failedProbe } from "./outcome.ts";
import { asServiceError, type Service, ServiceError, throughTunnel } from "./service-socket.ts";

/** A mail, and how to hand it over. */
export interface MailWords extends Omit<ServiceWords, "required">, CertificateWords {
  readonly tls?: TlsMode;
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
  readonly from: string;
  readonly subject?: string;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Mail {
  readonly args: MailWords;
  readonly recipients: readonly string[];
  readonly messageId: string;
}

/** What the server said to a mail. */
export interface Sent extends JsonObject {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly address: string; readonly code: number; readonly reply: string }[];
  readonly code: number;
  /** The last reply; that to the message, where one was sent. */
  readonly reply: string;
}

/** Sends a mail through a tunnel. Throws Failure when the server can't be used; a refusal is an answer. */
export async function sendMail(mail: Mail, target: Service, host: HostReader): Promise<Sent> {
  const { createTransport } = await import("nodemailer");
  const expectations = await readExpectations(mail.args, host, target.address);
  return throughTunnel(host, target, async (end) => {
    const options = { ...transportOptions(mail.args, host), ...end, tls: tlsOptions(expectations) };
    const transport = createTransport(options);
    const stop = () => transport.close();
    target.signal.addEventListener("abort", stop, { once: true });
    try {
      const { accepted, rejectedErrors = [], response } = await transport.sendMail(messageOf(mail));
      return { accepted, rejected: rejectedErrors.map(rejection), code: codeOf(response), reply: response };
    } catch (error) {
      if (target.taskSignal.aborted) await sleep(0, target.taskSignal); // Throws what ended the task.
      return refusal(host, target, error as NodemailerError);
    } finally {
      target.signal.removeEventListener("abort", stop);
      transport.close();
    }
  });
}

/** A server that said no has answered; everything else is a failure. */
function refusal(host: HostReader, target: Service, error: NodemailerError): Sent {
  const { response, rejectedErrors = [] } = error;
  if (response === undefined || error.code === "EAUTH" || error.command === "CONN") {
    throw failedProbe(host, target, inWords(error, target), error);
  }
  return { accepted: [], rejected: rejectedErrors.map(rejection), code: codeOf(response), reply: response };
}

function inWords(error: NodemailerError, target: Service): string {
  // A tunnel is always there; whether anything answers at its other end shows when it hangs up at once.
  if (error.code === "ECONNECTION" && error.command === "CONN")
    return new ServiceError("nothing answers there, or it hangs up").message;
  const known = asServiceError(Object.assign(error, { code: error.originalCode ?? error.code }), target);
  return (known as Error).message;
}

function transportOptions(args: MailWords, host: HostReader): SMTPTransportOptions {
  const { tls = "none", name = host.facts.fqdn, user, password = "", timeout = 30 } = args;
  const milliseconds = timeout * 1000;
  return {
    name,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user === undefined ? {} : { auth: { user, pass: password } }),
  };
}

function messageOf({ args, recipients, messageId }: Mail) {
  const { from, subject = "Mailferry test", headers = {} } = args;
  const usualText = "Mailferry sent this mail to see that mail arrives. It can be deleted.\n";
  const envelope = { from, to: [...recipients] };
  return {
    envelope,
    from,
    to: [...recipients],
    subject,
    text: args.text ?? usualText,
    messageId,
    headers: { ...headers },
  };
}

function rejection({ recipient = "", response = "" }: NodemailerError): Sent["rejected"][number] {
  return { address: recipient, code: codeOf(response), reply: response };
}

function codeOf(response: string): number {
  return Number.parseInt(response, 10) || 0;
}
