import type { ImapFlow } from "imapflow";
import type { HostReader } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, oneOf, secretText, word } from "./argument-schemas.ts";
import {
  type CertificateWords,
  certificateWords,
  type ServiceWords,
  serviceWords,
  type TlsMode,
  tlsModes,
} from "./probe/arguments.ts";
import { readExpectations, tlsOptions } from "./probe/handshake.ts";
import { type ImapLogin, imapClient, imapError } from "./probe/imap-client.ts";
import { probing } from "./probe/outcome.ts";
import { type Service, throughTunnel, withService } from "./probe/service-socket.ts";

export interface ImapProbeArgs extends ServiceWords, CertificateWords {
  readonly tls?: TlsMode;
  readonly user: string;
  readonly password: string;
  readonly mailbox?: string;
  readonly find_message_id?: string;
}

/** Logs in to an IMAP server and looks at its mailboxes. */
export const imapProbe = lookingModule<ImapProbeArgs>({
  name: "imap_probe",
  description:
    "Logs in to an IMAP server, from the task's host, lists the mailboxes, opens one to read, and looks for a message. Registers `reachable`, `authenticated`, `greeting`, `capabilities`, `folders`, `exists`, `uid_validity`, `uid_next`, `found`, `uids` and `error`.",
  args: closed(
    {
      ...serviceWords(993),
      ...certificateWords,
      tls: oneOf(tlsModes, "How TLS begins.", "implicit"),
      user: word("The user."),
      password: secretText("The user's password. It is masked wherever it would be shown."),
      mailbox: word("The mailbox to open; INBOX otherwise."),
      find_message_id: word("Look for a message with this Message-ID there."),
    },
    { required: ["user", "password"] },
  ),

  async look(args, host, { signal }) {
    const usualPort = args.tls === "none" || args.tls === "starttls" ? 143 : 993;
    return withService(args, usualPort, signal, (service) =>
      probing(host, service, args.required, unusable, () => logInAndLook(args, service, host)),
    );
  },
});

const unusable: JsonObject = {
  authenticated: false,
  greeting: null,
  capabilities: [],
  folders: [],
  exists: null,
  uid_validity: null,
  uid_next: null,
  found: null,
  uids: [],
};

async function logInAndLook(args: ImapProbeArgs, service: Service, host: HostReader): Promise<JsonObject> {
  const expectations = await readExpectations(args, host, service.address);
  return throughTunnel(host, service, async (end) => {
    const { tls, timeout, user, password } = args;
    const login: ImapLogin = { user, password };
    const client = await imapClient({ ...end, mode: tls, timeout, tls: tlsOptions(expectations) }, login);
    const stop = () => client.close();
    service.signal.addEventListener("abort", stop, { once: true });
    try {
      await client.connect();
      const seen = await lookAround(client, args);
      await client.logout();
      return seen;
    } catch (error) {
      throw imapError(error, user, service);
    } finally {
      service.signal.removeEventListener("abort", stop);
      client.close();
    }
  });
}

async function lookAround(
  client: ImapFlow,
  { mailbox = "INBOX", find_message_id }: ImapProbeArgs,
): Promise<JsonObject> {
  const listed = await client.list({ statusQuery: { messages: true, uidValidity: true, uidNext: true } });
  const opened = await client.mailboxOpen(mailbox, { readOnly: true });
  const uids = find_message_id === undefined ? [] : await findMessage(client, find_message_id);
  return {
    authenticated: true,
    greeting: client.greeting ?? "",
    capabilities: [...client.capabilities.keys()],
    folders: listed.map(({ path, subscribed, specialUse, status }) => ({
      path,
      subscribed,
      special_use: specialUse ?? null,
      messages: status?.messages ?? null,
      uid_validity: status?.uidValidity === undefined ? null : Number(status.uidValidity),
      uid_next: status?.uidNext ?? null,
    })),
    exists: opened.exists,
    uid_validity: Number(opened.uidValidity),
    uid_next: opened.uidNext,
    found: find_message_id === undefined ? null : uids.length > 0,
    uids,
  };
}

async function findMessage(client: ImapFlow, messageId: string): Promise<number[]> {
  const found = await client.search({ header: { "message-id": messageId } }, { uid: true });
  return found === false || found === undefined ? [] : found;
}
