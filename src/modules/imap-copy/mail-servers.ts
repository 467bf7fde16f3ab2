import type { Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { ImapFlow } from "imapflow";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import { readExpectations, tlsOptions } from "../probe/handshake.ts";
import { type ImapEnd, type ImapLogin, imapClient, imapError } from "../probe/imap-client.ts";
import { type Service, throughTunnel } from "../probe/service-socket.ts";
import type { Account } from "./accounts.ts";
import { portOf, type ServerWords } from "./server-words.ts";

interface MailServer {
  readonly words: ServerWords;
  readonly service: Service;
  readonly end: ImapEnd;
}

/** Opens ways through `host` (or through the one that a server is inside of) to both servers, hands them to `use`, and closes all that was opened. */
export async function withServers<T>(
  words: { readonly old: ServerWords; readonly new: ServerWords },
  host: HostReader,
  { signal, peer }: Pick<LookContext, "signal" | "peer">,
  use: (servers: MailServers) => Promise<T>,
): Promise<T> {
  const reach = async <R>(server: ServerWords, then: (reached: MailServer) => Promise<R>): Promise<R> => {
    const { inside } = server;
    const way = inside === undefined ? host : await peer(inside.host);
    const place =
      inside === undefined
        ? { address: server.address, port: portOf(server) }
        : { address: "127.0.0.1", port: inside.port };
    const service = { ...place, signal, taskSignal: signal };
    const trust = tlsOptions(await readExpectations(server, host, server.address));
    // Once for all connections: reading the authorities takes longer than a login.
    const tls = { ...trust, secureContext: createSecureContext(trust) };
    return throughTunnel(way, service, (end) =>
      then({
        words: server,
        service,
        end: {
          ...end,
          tls,
          mode: server.tls,
          timeout: server.timeout ?? 120,
          compress: server.compress ?? false,
        },
      }),
    );
  };
  return reach(words.old, (old) =>
    reach(words.new, async (current) => {
      const servers = new MailServers(old, current);
      const stop = () => servers.closeAll();
      signal.addEventListener("abort", stop, { once: true });
      try {
        return await use(servers);
      } finally {
        signal.removeEventListener("abort", stop);
        servers.closeAll();
      }
    }),
  );
}

/** Both IMAP servers, and the connections that are open to them. */
export class MailServers {
  readonly #servers: { readonly old: MailServer; readonly current: MailServer };
  readonly #open = new Set<ImapFlow>();

  constructor(old: MailServer, current: MailServer) {
    this.#servers = { old, current };
  }

  /** Logs in to a user's mailbox. Throws Failure with the server's own words. */
  async connect(side: "old" | "current", account: Account): Promise<ImapFlow> {
    const { words, service, end } = this.#servers[side];
    const { user } = account[side];
    const client = await imapClient(end, loginOf(words, account[side]));
    this.#open.add(client);
    client.once("close", () => this.#open.delete(client));
    try {
      await client.connect();
      sendAtOnce(client);
      return client;
    } catch (error) {
      client.close();
      this.#open.delete(client);
      const told = (imapError(error, user, service) as Error).message;
      throw new Failure("task-failed", `${service.address}:${service.port}: ${told}`, { cause: error });
    }
  }

  closeAll(): void {
    for (const client of this.#open) client.close();
    this.#open.clear();
  }
}

/** The library writes a command and its literal one after the other: the second must not wait until the first is acknowledged. */
function sendAtOnce(client: ImapFlow): void {
  const { socket } = client as unknown as { readonly socket?: Socket };
  socket?.setNoDelay(true);
}

function loginOf(
  { master_user, master_password = "", master_login = "separator", master_separator = "*" }: ServerWords,
  { user, password }: Account["old"],
): ImapLogin {
  if (password !== undefined) return { user, password };
  if (master_user === undefined) throw new Error(`no way to log in as ${user}`);
  if (master_login === "authzid") return { user: master_user, password: master_password, actingFor: user };
  return { user: `${user}${master_separator}${master_user}`, password: master_password };
}
