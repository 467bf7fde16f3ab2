import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, oneOf, secretText, text, word } from "./argument-schemas.ts";
import {
  type CertificateWords,
  certificateWords,
  type ServiceWords,
  serviceWords,
  type TlsMode,
  tlsModes,
} from "./probe/arguments.ts";
import { readExpectations } from "./probe/handshake.ts";
import { probing } from "./probe/outcome.ts";
import { ServiceError, withService, withSocket } from "./probe/service-socket.ts";
import {
  askRecipient,
  logIn,
  openSession,
  replyText,
  type SmtpSession,
  sayGoodbye,
} from "./probe/smtp-session.ts";

export interface SmtpProbeArgs extends ServiceWords, CertificateWords {
  readonly tls?: TlsMode;
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
  readonly from?: string;
  readonly to?: string;
  readonly expect_reply?: string;
}

const address = "^[^<>\\s]*$";

/** Talks with an SMTP server up to the recipient, and sends no mail. */
export const smtpProbe = lookingModule<SmtpProbeArgs>({
  name: "smtp_probe",
  description:
    "Talks with an SMTP server, from the task's host: greeting, EHLO, TLS, login, and whether it would take a mail for `to`. Sends none. Registers `reachable`, `banner`, `capabilities`, `starttls`, `tls`, `authenticated`, `accepted`, `code`, `reply` and `error`.",
  args: closed({
    ...serviceWords(25),
    ...certificateWords,
    tls: oneOf(tlsModes, "How TLS begins.", "none"),
    name: word("The name to say in EHLO; the task's host otherwise."),
    user: word("Log in as this user."),
    password: secretText("The user's password. It is masked wherever it would be shown."),
    from: { ...text("The sender to ask with; the empty one, as in a bounce, otherwise."), pattern: address },
    to: { ...word("The recipient to ask for."), pattern: address },
    expect_reply: word(
      'A pattern (regular expression) for the last reply, "450 4.1.1 …": of RCPT with `to`, the greeting otherwise.',
    ),
  }),

  async look(args, host, { signal }) {
    const { tls = "none", name = host.facts.fqdn, expect_reply, required } = args;
    return withService(args, tls === "implicit" ? 465 : 25, signal, async (service) => {
      const expectations = await readExpectations(args, host, service.address);
      return probing(host, service, required, unusable, () =>
        withSocket(host, service, async (socket) => {
          const session = await openSession(socket, tls, name, expectations);
          const result = await converse(session, args);
          await sayGoodbye(session);
          expectReply(expect_reply, String(result.reply));
          return result;
        }),
      );
    });
  },
});

const unusable: JsonObject = {
  banner: null,
  capabilities: [],
  starttls: false,
  tls: null,
  authenticated: false,
  accepted: null,
  code: null,
  reply: null,
};

async function converse(
  session: SmtpSession,
  { user, password = "", from = "", to }: SmtpProbeArgs,
): Promise<JsonObject> {
  const { banner, capabilities, offersStartTls, tls } = session;
  if (user !== undefined) await logIn(session, user, password);
  const seen = {
    banner,
    capabilities,
    starttls: offersStartTls,
    tls: tls ?? null,
    authenticated: user !== undefined,
  };
  if (to === undefined) return { ...seen, accepted: null, code: 220, reply: `220 ${banner}` };
  const reply = await askRecipient(session, from, to);
  return { ...seen, accepted: reply.code < 300, code: reply.code, reply: replyText(reply) };
}

function expectReply(pattern: string | undefined, reply: string): void {
  if (pattern === undefined || new RegExp(pattern).test(reply)) return;
  throw new ServiceError(`the server answers "${reply}", and /${pattern}/ was expected`);
}
