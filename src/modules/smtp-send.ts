import { randomUUID } from "node:crypto";
import type { Change } from "../contract/change.ts";
import { changingModule } from "../contract/module.ts";
import { closed, oneOf, oneOrMore, secretText, text, word } from "./argument-schemas.ts";
import { certificateWords, serviceWords, tlsModes } from "./probe/arguments.ts";
import { failedProbe } from "./probe/outcome.ts";
import { type Mail, type MailWords, sendMail } from "./probe/send-mail.ts";
import { withService } from "./probe/service-socket.ts";

export interface SmtpSendArgs extends MailWords {
  readonly to: string | readonly string[];
  readonly message_id?: string;
  readonly expect_reply?: string;
}

interface SmtpChange extends Change, Mail {
  readonly args: SmtpSendArgs;
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
      password: secretText("The user's password. It is masked wherever it would be shown."),
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

  touches: () => [],
  async apply(change, host, { signal }) {
    const { args } = change;
    return withService(args, args.tls === "implicit" ? 465 : 25, signal, async (target) => {
      const sent = await sendMail(change, target, host);
      const replies = [...new Set([sent.reply, ...sent.rejected.map(({ reply }) => reply)])];
      const isExpected =
        args.expect_reply === undefined
          ? sent.accepted.length === change.recipients.length
          : replies.some((reply) => new RegExp(args.expect_reply ?? "").test(reply));
      if (isExpected) return { result: { ...sent, message_id: change.messageId } };
      const wanted = args.expect_reply === undefined ? "" : `, and /${args.expect_reply}/ was expected`;
      throw failedProbe(host, target, `the server answers ${replies.join("; ")}${wanted}`);
    });
  },
});
