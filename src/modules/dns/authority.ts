import { getServers } from "node:dns";
import { isIP } from "node:net";
import { Failure } from "../../contract/errors.ts";
import type { DnsQuestion, DnsRecord } from "../../mail/dns-record.ts";
import { askServer, type DnsReply } from "./client.ts";
import { type AskOptions, type DnsServer, NoDnsReply } from "./exchange.ts";

/** A zone and the name servers that answer for it. */
export interface Zone {
  readonly name: string;
  readonly servers: readonly ZoneServer[];
}

export interface ZoneServer extends DnsServer {
  /** The name server's name. */
  readonly name: string;
}

/** Whom to ask for the way to the zones, and how. */
export interface DnsEntry extends AskOptions {
  readonly entryPoints: readonly DnsServer[];
}

/** The servers that a task names, or the system's resolvers. */
export function entryPoints(named: string | readonly string[] | undefined, port = 53): DnsServer[] {
  const servers = named === undefined ? getServers() : [named].flat();
  return servers.map((server) => withPort(server, port));
}

/** Finds the zone that a name lies in, and its name servers with all their addresses. Remembers what it found. */
export class ZoneFinder {
  readonly #entry: DnsEntry;
  readonly #zones = new Map<string, Promise<Zone>>();
  readonly #names = new Map<string, Promise<string>>();

  constructor(entry: DnsEntry) {
    this.#entry = entry;
  }

  async zoneOf(name: string): Promise<Zone> {
    const zone = await remembered(this.#names, name, () => this.#zoneName(name));
    return remembered(this.#zones, zone, () => this.#findServers(zone));
  }

  /** The owner of the SOA record that answers for the name: its own, or the one in the authority section. */
  async #zoneName(name: string): Promise<string> {
    for (let part = name; part !== ""; part = part.includes(".") ? part.slice(part.indexOf(".") + 1) : "") {
      const reply = await this.#ask({ name: part, type: "SOA" });
      // An alias may lead into another zone: the SOA that comes with it says nothing of the alias itself.
      const isAlias = reply.answers.some((record) => record.name === part && record.type === "CNAME");
      const soa = [...reply.answers, ...reply.authorities].find(({ type }) => type === "SOA");
      if (!isAlias && soa !== undefined && isWithin(part, soa.name)) return soa.name;
      if (reply.code === "REFUSED") break;
    }
    throw new Failure("task-failed", `no name server knows the zone of ${name}`, {
      next: "Check the domain's delegation, and `server` if the task names one.",
    });
  }

  async #findServers(zone: string): Promise<Zone> {
    const { answers } = await this.#ask({ name: zone, type: "NS" });
    const names = [...new Set(dataOf(answers, zone, "NS"))];
    const servers = await Promise.all(names.map((name) => this.#addressesOf(name)));
    const found = servers.flat();
    if (found.length > 0) return { name: zone, servers: found };
    throw new Failure("task-failed", `the zone ${zone} names no name server that has an address`, {
      next: "Check the NS records of the zone.",
    });
  }

  async #addressesOf(name: string): Promise<ZoneServer[]> {
    const replies = await Promise.all((["A", "AAAA"] as const).map((type) => this.#ask({ name, type })));
    const addresses = replies.flatMap(({ answers }) =>
      answers.filter(({ type }) => type === "A" || type === "AAAA"),
    );
    const port = this.#entry.entryPoints[0]?.port ?? 53;
    return [...new Set(addresses.map(({ data }) => data))].map((address) => ({ name, address, port }));
  }

  /** Asks the entry points one after the other until one answers. */
  async #ask(question: DnsQuestion): Promise<DnsReply> {
    const { entryPoints: servers, ...options } = this.#entry;
    const failures: string[] = [];
    for (const server of servers) {
      try {
        return await askServer(server, question, { ...options, recursion: true });
      } catch (error) {
        if (!(error instanceof NoDnsReply)) throw error;
        failures.push(error.message);
      }
    }
    throw new Failure("task-failed", `the DNS can't be asked for ${question.name}: ${failures.join("; ")}`, {
      next: "Name a resolver, or one of the zone's own name servers, in `server`.",
    });
  }
}

function isWithin(name: string, zone: string): boolean {
  return name === zone || zone === "" || name.endsWith(`.${zone}`);
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}

function dataOf(records: readonly DnsRecord[], name: string, type: string): string[] {
  return records.filter((record) => record.name === name && record.type === type).map(({ data }) => data);
}

/** `getServers` writes `192.0.2.1`, `192.0.2.1:54`, `2001:db8::1` and `[2001:db8::1]:54`. */
function withPort(server: string, port: number): DnsServer {
  if (isIP(server) !== 0) return { address: server, port };
  const [, bracketed, plain, own] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(server) ?? [];
  const address = bracketed ?? plain ?? server;
  if (isIP(address) !== 0) return { address, port: Number(own) };
  throw new Failure("bad-input", `"${server}" is not the address of a name server`, {
    next: "Write an IPv4 or IPv6 address.",
  });
}
