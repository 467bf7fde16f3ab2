import { isIP } from "node:net";
import { Failure } from "../../contract/errors.ts";
import type { Inventory } from "../../language/model/inventory.ts";

/** A host as a person names it on the command line. */
export interface GivenHost {
  readonly name: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

/** Reads `[user@]host[:port]`; an IPv6 address with a port stands in brackets. Throws Failure for anything else. */
export function readGivenHost(text: string): GivenHost {
  const [, user, rest = ""] = /^(?:([^@\s]+)@)?([^@\s]+)$/.exec(text) ?? [];
  const [, bracketed, port] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(rest) ?? [];
  if (bracketed !== undefined && isIP(bracketed) === 6) return given(bracketed, user, port);
  if (isIP(rest) !== 0) return given(rest, user, undefined);
  const [, name, namePort] = /^([A-Za-z0-9_][\w.-]*)(?::(\d{1,5}))?$/.exec(rest) ?? [];
  if (name === undefined) {
    throw new Failure("bad-input", `"${text}" is no host`, {
      next: "Write it as host, user@host or user@host:port.",
    });
  }
  return given(name, user, namePort);
}

/** The inventory with what the command line says of the two hosts. */
export function withGiven(inventory: Inventory, hosts: readonly GivenHost[]): Inventory {
  const known = new Map(inventory.hosts);
  for (const { name, user, port } of hosts) {
    const host = known.get(name);
    if (host === undefined) continue;
    const spec = { ...host.spec, user: user ?? host.spec.user, port: port ?? host.spec.port };
    known.set(name, { ...host, spec });
  }
  return { ...inventory, hosts: known };
}

function given(name: string, user: string | undefined, port: string | undefined): GivenHost {
  return { name, user, port: port === undefined ? undefined : Number(port) };
}
