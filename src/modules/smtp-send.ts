import { randomUUID } from "node:crypto";
import type { NodemailerError, SMTPTransportOptions } from "nodemailer";
import type { Change } from "../contract/change.ts";
import type { HostReader } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { changingModule } from "../contract/module.ts";
import { closed, oneOf, oneOrMore, text, word } from "./argument-schemas.ts";
import {
  type CertificateWords,
  certificateWords,
  type ServiceWords,
  serviceWords,
  type TlsMode,
  tlsModes,
} from "./probe/arguments.ts";
import { readExpectations, tlsOptions } from "./probe/handshake.ts";
import { failedProbe } from "./probe/outcome.ts";
import { asServiceError, type Service, serviceOf, throughTunnel } from "./probe/service-socket.ts";

export interface SmtpSendArgs extends Omit<ServiceWords, "required">, CertificateWords {
  readonly tls?: TlsMode;
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
  readonly from: string;
  readonly to: string | readonly string[];
  readonly subject?: string;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message_id?: string;
  readonly expect_reply?: string;
}

interface SmtpChange extends Change {
  readonly args: SmtpSendArgs;
  readonly recipients: readonly string[];
  readonly messageId: string;
}

const { required: _required, ...service } = serviceWords(25);
const address = "^[^<>\\s@]+@[^<>\\s@]+$";

/** Sends one small mail over SMTP. */
export const smtpSend = changingModule<SmtpSendArgs, SmtpChange>({
  name: "smtp_send",
  description:
    "Sends one small mail through an SMTP server, from the task's host; never in check mode. Registers `message_id`, `accepted`, `rejected` (each with `address`, `code`, `reply`), `code` and `reply`. Fails when a recipient is rejected, unless `expect_reply` matches.",
  preview: "unknown",
  args: closed(
    {
      ...service,
      ...certificateWords,
      tls: oneOf(tlsModes, "How TLS begins.", "none"),
      name: word("The name to say in EHLO; the task's host otherwise."),
      user: word("Log in as this user."),
      password: text("The user's password. Use `no_log` on the task."),
      from: { ...word("The sender, in the envelope and in the header."), pattern: address },
      to: oneOrMore("The recipient, or several.", address),
      subject: text("The subject; one that says what this mail is for otherwise."),
      text: text("The text; one that says what this mail is for otherwise."),
      headers: {
        type: "object",
        additionalProperties: { type: "string" },
        description: "More headers, by their names.",
      },
      message_id: {
        ...word("The Message-ID with its angle brackets; a new one otherwise."),
        pattern: "^<[^<>\\s]+@[^<>\\s]+>$",
      },
      expect_reply: word('A pattern (regular expression) for the reply that is wanted, for instance "^450".'),
    },
    { required: ["from", "to"] },
  ),

  async check(args, host) {
    const recipients = [args.to].flat();
    const messageId = args.message_id ?? `<mailferry-${randomUUID()}@${args.from.split("@")[1]}>`;
    return {
      summary: `send a mail to ${recipients.join(", ")} from ${host.name}`,
      args,
      recipients,
      messageId,
    };
  },

  async apply(change, host, { signal }) {
    const { args } = change;
    const target = serviceOf(args, args.tls === "implicit" ? 465 : 25, signal);
    const sent = await send(change, target, host);
    const replies = [...new Set([sent.reply, ...sent.rejected.map(({ reply }) => reply)])];
    const isExpected =
      args.expect_reply === undefined
        ? sent.accepted.length === change.recipients.length
        : replies.some((reply) => new RegExp(args.expect_reply ?? "").test(reply));
    if (isExpected) return { result: { ...sent, message_id: change.messageId } };
    const wanted = args.expect_reply === undefined ? "" : `, and /${args.expect_reply}/ was expected`;
    throw failedProbe(host, target, `the server answers ${replies.join("; ")}${wanted}`);
  },
});

interface Sent extends JsonObject {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly address: string; readonly code: number; readonly reply: string }[];
  readonly code: number;
  /** The last reply; that to the message, where one was sent. */
  readonly reply: string;
}

async function send(change: SmtpChange, target: Service, host: HostReader): Promise<Sent> {
  const { createTransport } = await import("nodemailer");
  const expectations = await readExpectations(change.args, host, target.address);
  return throughTunnel(host, target, async (end) => {
    const options = { ...transportOptions(change.args, host), ...end, tls: tlsOptions(expectations) };
    const transport = createTransport(options);
    const stop = () => transport.close();
    target.signal.addEventListener("abort", stop, { once: true });
    try {
      const { accepted, rejectedErrors = [], response } = await transport.sendMail(messageOf(change));
      return { accepted, rejected: rejectedErrors.map(rejection), code: codeOf(response), reply: response };
    } catch (error) {
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
    const known = asServiceError(Object.assign(error, { code: error.originalCode ?? error.code }), target);
    throw failedProbe(host, target, (known as Error).message, error);
  }
  return { accepted: [], rejected: rejectedErrors.map(rejection), code: codeOf(response), reply: response };
}

function transportOptions(args: SmtpSendArgs, host: HostReader): SMTPTransportOptions {
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

function messageOf({ args, recipients, messageId }: SmtpChange) {
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
