import type { LogLine } from "./mail-log-line.ts";

/** Somebody who uses a host, or tries to: by a login, by handing mail in, or at a port where nothing answers any more. */
export interface MailClient {
  /**
   * "imap", "pop3", "managesieve", "submission" for a login; "smtp" for mail that was handed in without one; "port 993"
   * for a connection that the role relay noted.
   */
  readonly service: string;
  /** The user; the sending host as Postfix names it, "mx.example.com[192.0.2.1]"; or an address. */
  readonly name: string;
  readonly count: number;
  /** Seconds since 1970. */
  readonly lastAt: number;
}

/** Lines that `clientIn` reads, as an extended regular expression for a whole line. */
export const clientPattern =
  "(imap|pop3|managesieve|submission)-login: ((Login|Logged in): user=<|proxy\\(.*\\): [Ss]tarted proxying to )|/smtpd\\[[0-9]+\\]: [0-9A-Za-z]{6,20}: client=|mailferry-visit(\\[[0-9]+\\])?: [0-9]+-";

/** A login here, or one that is passed on to another server. */
const dovecotLogin =
  /^([a-z0-9]+)-login: (?:Log(?:in|ged in): user=<([^>]*)>|proxy\((.*?)(?:,[^,)]*)?\): [Ss]tarted proxying to )/;

/** Who came by this line of a log; undefined when nobody did, or only the host itself, unless that is asked for. */
export function clientIn(
  { tag, text }: LogLine,
  itself = false,
): Pick<MailClient, "service" | "name"> | undefined {
  if (tag === "dovecot") {
    const [, service, user, passedOn] = dovecotLogin.exec(text) ?? [];
    return service === undefined ? undefined : { service, name: (user ?? passedOn ?? "").slice(0, 320) };
  }
  if (tag.endsWith("mailferry-visit")) return visitIn(text);
  if (!tag.endsWith("/smtpd")) return undefined;
  const [, host, address] = /^[0-9A-Za-z]{6,20}: client=([^[\s]*)\[([^\]\s]*)\]/.exec(text) ?? [];
  if (host === undefined || address === undefined) return undefined;
  const user = /, sasl_username=([^,\s]+)/.exec(text)?.[1];
  if (user !== undefined) return { service: "submission", name: user.slice(0, 320) };
  const isItself = address.startsWith("127.") || address === "::1";
  return isItself && !itself ? undefined : { service: "smtp", name: `${host.slice(0, 255)}[${address}]` };
}

/** A connection as systemd names it: its number, the end here and the end there, "7-192.0.2.10:993-192.0.2.9:40112". */
function visitIn(text: string): Pick<MailClient, "service" | "name"> | undefined {
  const [, port, name] = /^\d+-[0-9a-f.:]+:(\d+)-([0-9a-f.:]+):\d+$/.exec(text) ?? [];
  return port === undefined || name === undefined ? undefined : { service: `port ${port}`, name };
}

/** Whether it came to a port where nothing answers any more. */
export function isVisitor({ service }: Pick<MailClient, "service">): boolean {
  return service.startsWith("port ");
}

/** When the last of them came; undefined where nobody did. */
export function lastOf(clients: readonly MailClient[]): number | undefined {
  return clients.length === 0 ? undefined : clients.reduce((last, { lastAt }) => Math.max(last, lastAt), 0);
}

/** More would not fit into memory; the others are counted together. */
const mostClients = 10_000;

/** Counts who came, by service and name. However many visit closed ports, they take no place of a client's. */
export class ClientCount {
  readonly #clients = new Map<string, MailClient>();
  readonly #visitors = new Map<string, MailClient>();
  readonly #domains: readonly string[] | undefined;
  readonly #itself: boolean;
  /** How often others came than the clients that are named. */
  others = 0;
  /** How often others came to closed ports than the visitors that are named. */
  otherVisits = 0;

  /** `domains`: only their users count, in lower case. `itself`: what the host's own programs hand in counts, too. */
  constructor(domains?: readonly string[], itself = false) {
    this.#domains = domains;
    this.#itself = itself;
  }

  take(line: LogLine): void {
    const came = clientIn(line, this.#itself);
    if (came === undefined || !this.#isAsked(came)) return;
    const isVisit = isVisitor(came);
    const named = isVisit ? this.#visitors : this.#clients;
    const key = `${came.service} ${came.name}`;
    const known = named.get(key);
    if (known !== undefined || named.size < mostClients) {
      named.set(key, { ...came, count: (known?.count ?? 0) + 1, lastAt: line.at });
    } else if (isVisit) this.otherVisits += 1;
    else this.others += 1;
  }

  #isAsked({ service, name }: Pick<MailClient, "service" | "name">): boolean {
    if (this.#domains === undefined) return true;
    return service !== "smtp" && this.#domains.includes(name.slice(name.lastIndexOf("@") + 1).toLowerCase());
  }

  /**
   * All of both kinds; of each those who came last come first. Clients stand before visitors: who guesses passwords at closed
   * ports, from many addresses, may not hide who uses the host.
   */
  clients(): MailClient[] {
    return [this.#clients, this.#visitors].flatMap((named) =>
      [...named.values()].sort((one, other) => other.lastAt - one.lastAt),
    );
  }
}
