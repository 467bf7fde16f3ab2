import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Client, ClientChannel, ParsedKey } from "ssh2";
import { Authentication } from "./authentication.ts";
import { ChannelSlots } from "./channel-slots.ts";
import { LinkLost } from "./errors.ts";
import { HostKeyCheck, hostKeyFailure } from "./host-key-check.ts";
import type { ReadKey } from "./key-file.ts";
import { type Link, loginEnvironment, type ShellProcess } from "./link.ts";
import type { Hop } from "./route.ts";
import { sshFailure } from "./ssh-failure.ts";
import { openSocket } from "./ssh-socket.ts";

/** How many channels a connection carries at once: sshd's MaxSessions is 10, and two are kept back for ending commands. */
const channelsAtOnce = 8;

export interface SshLinkOptions {
  readonly connectTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly readKey: ReadKey;
}

/** Connects through all hops to the last one, each host's key verified. Throws Unreachable or another Failure with the cause. */
export async function openSshLink(route: readonly Hop[], options: SshLinkOptions): Promise<Link> {
  let link: SshLink | undefined;
  for (const hop of route) {
    try {
      const way: Duplex | undefined = await link?.forward(hop.address, hop.port);
      link = new SshLink(await connectHop(hop, way, options), link);
    } catch (error) {
      link?.close();
      throw sshFailure(error, hop, options);
    }
  }
  if (link === undefined) throw new Error("a route without a host");
  return link;
}

/** Connects to one sshd. When the host has no key of a known type, asks once more for any, to be able to show it. */
async function connectHop(hop: Hop, way: Duplex | undefined, options: SshLinkOptions): Promise<Client> {
  const check = new HostKeyCheck(hop.knownKeys);
  const authentication = await Authentication.prepare(hop.credentials, options.readKey);
  try {
    return await connectOnce(hop, way, options, check, authentication);
  } catch (error) {
    const refused = hostKeyFailure(check, hop, error);
    if (refused !== undefined) throw refused;
    throw isAuthentication(error) ? authentication.failure(error) : error;
  }
}

async function connectOnce(
  hop: Hop,
  way: Duplex | undefined,
  { connectTimeoutMs, signal }: SshLinkOptions,
  check: HostKeyCheck,
  authentication: Authentication,
): Promise<Client> {
  signal.throwIfAborted();
  const { NodeSSH } = await import("node-ssh");
  const ssh = new NodeSSH();
  const connecting = ssh.connect({
    sock: way ?? openSocket(hop.address, hop.port),
    username: hop.user,
    hostVerifier: check.verifier,
    algorithms: { serverHostKey: check.algorithms },
    authHandler: authentication.handler,
    agentForward: false,
    readyTimeout: connectTimeoutMs,
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
  });
  const client = ssh.connection;
  if (client === null) throw await connecting.then(() => new Error("node-ssh made no connection"));
  // node-ssh takes its own listener away after connecting; without one an RST would end the process.
  client.on("error", () => {});
  passOverRequests(client);
  signAtOnce(client);
  const stop = (): void => void client.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await connecting;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return client;
}

/**
 * Declines what a host asks of the whole connection. OpenSSH tells all of its host keys there, and ssh2 has it sign each of
 * them and verifies that, for a listener that nobody here is: the key that was shown is verified already. It has no option for it.
 */
function passOverRequests(client: Client): void {
  const { _protocol: protocol } = client as unknown as {
    readonly _protocol?: { readonly _handlers?: Record<string, unknown> };
  };
  if (protocol?._handlers === undefined) return;
  protocol._handlers.GLOBAL_REQUEST = (
    answer: { requestFailure(): void },
    _name: string,
    wantReply: boolean,
  ) => {
    if (wantReply) answer.requestFailure();
  };
}

/**
 * Sends the signature with the offer of a key file. ssh2 asks first whether the host takes the key, which costs it a round trip and a second
 * look at its authorized_keys; RFC 4252 (7) lets it be left out. What an agent signs, where a person may be asked, is still asked for first.
 */
function signAtOnce(client: Client): void {
  const { _protocol: protocol } = client as unknown as { readonly _protocol?: { authPK?: OfferKey } };
  const offer = protocol?.authPK?.bind(protocol);
  if (protocol === undefined || offer === undefined) return;
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined || !key.isPrivateKey()) return offer(user, key, algorithm, sign);
    offer(user, key, algorithm, (bytes, done) => {
      const signature = key.sign(bytes, rsaHashes[algorithm ?? ""]);
      if (signature instanceof Error) offer(user, key, algorithm);
      else done(signature);
    });
  };
}

/** ssh2's `authPK`: with `sign` a signed request, else the question. */
type OfferKey = (
  user: string,
  key: ParsedKey,
  algorithm?: string,
  sign?: (bytes: Buffer, done: (signature: Buffer) => void) => void,
) => void;

/** The hashes of RSA's signatures (RFC 8332); every other type of key has its own. */
const rsaHashes: Readonly<Record<string, string>> = { "rsa-sha2-256": "sha256", "rsa-sha2-512": "sha512" };

function isAuthentication(error: unknown): boolean {
  const { level, message } = error as { readonly level?: unknown; readonly message?: string };
  // An agent with more keys than sshd's MaxAuthTries is cut off in the middle.
  return level === "client-authentication" || /too many authentication failures/i.test(message ?? "");
}

class SshLink implements Link {
  readonly #client: Client;
  readonly #before: SshLink | undefined;
  readonly #slots = new ChannelSlots(channelsAtOnce);
  #alive = true;

  constructor(client: Client, before: SshLink | undefined) {
    this.#client = client;
    this.#before = before;
    const lost = (): void => this.close();
    client.once("end", lost).once("close", lost).on("error", lost);
  }

  get alive(): boolean {
    return this.#alive;
  }

  async start(
    commandLine: string,
    { spare = false }: { readonly spare?: boolean } = {},
  ): Promise<ShellProcess> {
    const release = spare ? () => {} : await this.#slots.take();
    try {
      const channel = await this.#exec(commandLine);
      const process = shellProcess(channel);
      void process.closed.then(release);
      return process;
    } catch (error) {
      release();
      throw new LinkLost(`no channel could be opened: ${(error as Error).message}`, true, error);
    }
  }

  /**
   * A channel that was just let go of counts at the host until its program has ended: it is asked again for a moment. Debian's sshd
   * takes LC_* from whoever logs in; one that does not may have sudo speak the host's language.
   */
  async #exec(commandLine: string): Promise<ClientChannel> {
    const givesUpAt = Date.now() + refusedForMs;
    for (;;) {
      try {
        return await this.#open<ClientChannel>((done) =>
          this.#client.exec(commandLine, { env: loginEnvironment }, done),
        );
      } catch (error) {
        if (!isRefused(error) || !this.#alive || Date.now() > givesUpAt) throw error;
        await wait(askAgainMs);
      }
    }
  }

  forward(address: string, port: number): Promise<Duplex> {
    return this.#open<Duplex>((done) => this.#client.forwardOut("127.0.0.1", 0, address, port, done));
  }

  close(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#client.end();
    this.#client.destroy();
    this.#before?.close();
  }

  /** ssh2 forgets a callback when the link goes while it waits; the end of the link settles it here. */
  #open<T>(open: (done: (error: Error | undefined, opened: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#alive) return reject(new LinkLost("the link is closed", true));
      const lost = (): void => reject(new LinkLost("the link was lost", true));
      this.#client.once("close", lost);
      open((error, opened) => {
        this.#client.off("close", lost);
        if (error) reject(error);
        else resolve(opened);
      });
    });
  }
}

/** The host's answer to a request for a channel (RFC 4254, 5.1), and no failure of the link. */
function isRefused(error: unknown): boolean {
  return typeof (error as { readonly reason?: unknown }).reason === "number";
}

const refusedForMs = 3000;
const askAgainMs = 50;

function shellProcess(channel: ClientChannel): ShellProcess {
  const over = (stream: NodeJS.EventEmitter): Promise<void> =>
    new Promise((resolve) => stream.once("close", () => resolve()));
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    exited: new Promise((resolve) => channel.once("exit", () => resolve()).once("close", () => resolve())),
    closed: Promise.all([over(channel), over(channel.stderr)]).then(() => {}),
    destroy: () => void channel.destroy(),
  };
}
