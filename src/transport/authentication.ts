import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, BaseAgent } from "ssh2";
import { Failure } from "../contract/errors.ts";
import type { Secret } from "../contract/secret.ts";
import { AuthenticationFailed } from "./errors.ts";
import { lacksPassphrase, type ReadKey } from "./key-file.ts";

/** What there is to log in with. */
export interface Credentials {
  readonly host: string;
  readonly user: string;
  /** A key that the person named: it must be usable. */
  readonly keyFile: string | undefined;
  readonly keyPassphrase: Secret | undefined;
  /** Keys that OpenSSH would try: those that are missing or unusable are passed over. */
  readonly identityFiles: readonly string[];
  readonly agentSocket: string | undefined;
  /** ssh_config's IdentitiesOnly: the agent's other keys are left out where a key file can be used. */
  readonly identitiesOnly: boolean;
  readonly password: Secret | undefined;
}

interface Offer {
  readonly label: string;
  readonly type: AuthenticationType;
  readonly method: AnyAuthMethod;
}

/** Offers credentials one after the other, and remembers what happened for the message. */
export class Authentication {
  readonly #credentials: Credentials;
  readonly #offers: Offer[];
  readonly #passedOver: readonly string[];
  readonly #tried: string[] = [];
  #accepted: readonly string[] = [];
  #begun = false;
  #askedForNothing = false;

  private constructor(credentials: Credentials, offers: Offer[], passedOver: readonly string[]) {
    this.#credentials = credentials;
    this.#offers = offers;
    this.#passedOver = passedOver;
  }

  /** Reads the keys and asks the agent. Throws KeyFileUnusable for a named key that can't be used. */
  static async prepare(credentials: Credentials, readKey: ReadKey): Promise<Authentication> {
    const passedOver: string[] = [];
    const agent = await agentOffer(credentials, passedOver);
    const keys = await keyOffers(credentials, readKey, agent !== undefined, passedOver);
    const withAgent = agent !== undefined && !(credentials.identitiesOnly && keys.length > 0);
    const offers = [...keys, ...(withAgent ? [agent] : []), ...passwordOffers(credentials)];
    return new Authentication(credentials, offers, passedOver);
  }

  /**
   * For ssh2's `authHandler`. A key can be offered to any host, and its refusal says what the host accepts. Only a password is
   * not shown before that is known: "none" asks for it. It is also what comes last, for a host that wants nothing at all.
   */
  readonly handler: AuthHandlerMiddleware = (left, _partial, next) => {
    this.#accepted = left ?? this.#accepted;
    const isFirst = !this.#begun;
    this.#begun = true;
    const offer = isFirst && this.#offers[0]?.type !== "publickey" ? undefined : this.#nextOffer();
    if (offer !== undefined) {
      this.#tried.push(offer.label);
      next(offer.method);
    } else if (!this.#askedForNothing) {
      this.#askedForNothing = true;
      next({ type: "none", username: this.#credentials.user });
    } else {
      // ssh2 takes `false` for "nothing left"; its types don't say so.
      next(false as unknown as AuthenticationType);
    }
  };

  failure(cause: unknown): AuthenticationFailed {
    const { user, host } = this.#credentials;
    const tried =
      this.#tried.length === 0 ? "there was nothing to offer" : `it took none of: ${this.#tried.join(", ")}`;
    const accepts = this.#accepted.length === 0 ? "" : `; it accepts ${this.#accepted.join(", ")}`;
    const passed = this.#passedOver.length === 0 ? "" : ` (passed over: ${this.#passedOver.join("; ")})`;
    return new AuthenticationFailed(`can't log in to ${host} as ${user}: ${tried}${accepts}${passed}`, {
      host,
      next: `Put your public key there (ssh-copy-id ${user}@…), or name the right one with key_file.`,
      cause,
    });
  }

  #nextOffer(): Offer | undefined {
    for (let offer = this.#offers.shift(); offer !== undefined; offer = this.#offers.shift()) {
      if (this.#accepted.length === 0 || this.#accepted.includes(offer.type)) return offer;
      this.#tried.push(`${offer.label} (not offered: the host does not accept it)`);
    }
    return undefined;
  }
}

async function keyOffers(
  credentials: Credentials,
  readKey: ReadKey,
  hasAgent: boolean,
  passedOver: string[],
): Promise<Offer[]> {
  const { keyFile, keyPassphrase, host, user } = credentials;
  const offers: Offer[] = [];
  for (const path of keyFile === undefined ? credentials.identityFiles : [keyFile]) {
    try {
      const key = await readKey(path, keyPassphrase, host);
      const method: AnyAuthMethod = { type: "publickey", username: user, key };
      offers.push({ label: `key ${path}`, type: "publickey", method });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // The agent may hold the key that is encrypted in the file.
      if (keyFile !== undefined && !(hasAgent && lacksPassphrase(error))) throw error;
      if (!error.message.includes("ENOENT")) passedOver.push(error.message);
    }
  }
  return offers;
}

async function agentOffer(credentials: Credentials, passedOver: string[]): Promise<Offer | undefined> {
  const socket = credentials.agentSocket;
  if (socket === undefined || socket === "") return undefined;
  const { createAgent } = (await import("ssh2")).default;
  const agent: BaseAgent = createAgent(socket);
  const answer = await new Promise<Error | number>((resolve) => {
    agent.getIdentities((error, keys) => resolve(error ?? keys?.length ?? 0));
  });
  if (answer === 0) return undefined;
  if (answer instanceof Error) {
    passedOver.push(`the ssh agent at ${socket} does not answer`);
    return undefined;
  }
  const method: AnyAuthMethod = { type: "agent", username: credentials.user, agent };
  return { label: `the ssh agent's ${answer} key${answer === 1 ? "" : "s"}`, type: "publickey", method };
}

function passwordOffers({ password, user }: Credentials): Offer[] {
  if (password === undefined) return [];
  const prompt = (
    _name: string,
    _instructions: string,
    _language: string,
    prompts: readonly { readonly prompt: string }[],
    finish: (answers: string[]) => void,
  ): void => finish(prompts.map((asked) => (/password/i.test(asked.prompt) ? password.reveal() : "")));
  return [
    {
      label: "the password",
      type: "password",
      method: { type: "password", username: user, password: password.reveal() },
    },
    {
      label: "the password (keyboard-interactive)",
      type: "keyboard-interactive",
      method: { type: "keyboard-interactive", username: user, prompt },
    },
  ];
}
