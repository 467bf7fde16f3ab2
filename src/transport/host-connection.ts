import type { Become, HostConnection, HostSpec, JobHost, WantedFacts } from "../contract/connection.ts";
import { Failure } from "../contract/errors.ts";
import type { HostFacts, HostWriter } from "../contract/host.ts";
import { CommandRunner, type LinkSource } from "./command-runner.ts";
import { gatherFacts, gatherUser, type ToldFacts } from "./facts.ts";
import { hostView } from "./host-view.ts";
import { KeptShells } from "./kept-shells.ts";
import type { Link } from "./link.ts";

/** How a connection makes its link. Called again, with the host's key verified again, after a link was lost. */
export interface LinkMaker {
  readonly kind: "ssh" | "local";
  readonly loginUser: string;
  open(signal: AbortSignal): Promise<Link>;
}

export interface ConnectionSettings extends WantedFacts {
  /** For commands that name no timeout of their own. */
  readonly commandTimeoutMs: number;
}

/** A connection that is held for the whole run and makes a new link when the old one was lost. */
export class Connection implements HostConnection, LinkSource {
  readonly spec: HostSpec;
  readonly kept = new KeptShells();
  readonly kind: LinkMaker["kind"];
  readonly #maker: LinkMaker;
  readonly #settings: ConnectionSettings;
  readonly #views = new Map<string, Promise<HostWriter & JobHost>>();
  readonly #closing = new AbortController();
  #link: Promise<Link> | undefined;
  #facts: Promise<HostFacts> | undefined;

  constructor(spec: HostSpec, maker: LinkMaker, settings: ConnectionSettings) {
    this.spec = spec;
    this.kind = maker.kind;
    this.#maker = maker;
    this.#settings = settings;
  }

  /** The living link, or a new one. Whoever asks while it is being made gets the same one. */
  async link(signal?: AbortSignal): Promise<Link> {
    if (this.#closing.signal.aborted) {
      throw new Failure("interrupted", `the connection to ${this.spec.name} is closed`, {
        host: this.spec.name,
      });
    }
    const before = this.#link;
    if (before !== undefined) {
      const link = await before;
      if (link.alive) return link;
    }
    // Another caller may have begun to make the next one.
    const next = this.#link === before || this.#link === undefined ? this.#open(signal) : this.#link;
    this.#link = next;
    return next;
  }

  as(become?: Become): Promise<HostWriter & JobHost> {
    const other = become === undefined || become.user === this.#maker.loginUser ? undefined : become;
    const key = other === undefined ? "" : `${other.user} ${other.password?.reveal() ?? ""}`;
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const made = this.#view(other);
    this.#views.set(key, made);
    // What failed may be asked for again.
    made.catch(() => this.#views.delete(key));
    return made;
  }

  async facts(worker?: Become): Promise<HostFacts> {
    // Where it can't be become the login user tells; whoever works as the other one is told why.
    if (worker !== undefined && worker.password === undefined) await this.as(worker).catch(() => {});
    return (await this.as()).facts;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.kept.close();
    const link = await this.#link?.catch(() => undefined);
    link?.close();
  }

  #open(signal: AbortSignal | undefined): Promise<Link> {
    this.kept.close();
    const closing = this.#closing.signal;
    const opened = this.#maker.open(signal === undefined ? closing : AbortSignal.any([signal, closing]));
    opened.catch(() => {
      if (this.#link === opened) this.#link = undefined;
    });
    return opened;
  }

  async #view(become: Become | undefined): Promise<HostWriter & JobHost> {
    const user = { host: this.spec.name, loginUser: this.#maker.loginUser, become };
    const runner = new CommandRunner(this, user, this.#settings.commandTimeoutMs);
    if (become === undefined) {
      const known = await this.#facts?.catch(() => undefined);
      return hostView(this, runner, known ?? (await this.#keep(this.#gather(runner))));
    }
    if (this.#facts === undefined && become.password === undefined) {
      const told = gatherFacts(runner, this.#settings);
      this.#keep(told.then((one) => this.#asLogin(one)));
      return hostView(this, runner, (await told).facts);
    }
    const own = await gatherUser(runner);
    return hostView(this, runner, { ...(await this.as()).facts, ...own });
  }

  async #gather(runner: CommandRunner): Promise<HostFacts> {
    return (await gatherFacts(runner, this.#settings)).facts;
  }

  /** The facts as the one who logs in has them, where it can be told who that is. */
  #asLogin({ facts, loginUid }: ToldFacts): HostFacts {
    const { loginUser: user } = this.#maker;
    const uid = user === "root" ? 0 : loginUid;
    if (uid === undefined) throw new Error("sudo does not say who called it");
    return { ...facts, user, uid };
  }

  /** For whoever asks next; what could not be found out, that one asks again. */
  #keep(facts: Promise<HostFacts>): Promise<HostFacts> {
    facts.catch(() => {});
    this.#facts = facts;
    return facts;
  }
}
