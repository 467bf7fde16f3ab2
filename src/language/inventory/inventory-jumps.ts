import type { Problem } from "../../contract/errors.ts";
import { placeIn } from "../../expression/placed-values.ts";
import type { InventoryHost } from "../model/inventory.ts";
import { checkAddress, checkUser, readPort } from "./address.ts";

/**
 * Replaces names of inventory hosts in `jump` by how they are reached, with their own jumps before them.
 * Adds a problem for jumps that lead in a circle or can't be read.
 */
export function resolveJumps(
  hosts: ReadonlyMap<string, InventoryHost>,
  problems: Problem[],
): ReadonlyMap<string, InventoryHost> {
  const resolved = new Map<string, InventoryHost>();
  for (const [name, host] of hosts) {
    if (host.spec.jump === undefined) resolved.set(name, host);
    else
      resolved.set(name, {
        ...host,
        spec: { ...host.spec, jump: jumpsOf(host, hosts, [name], problems).join(",") },
      });
  }
  return resolved;
}

function jumpsOf(
  host: InventoryHost,
  hosts: ReadonlyMap<string, InventoryHost>,
  path: readonly string[],
  problems: Problem[],
): string[] {
  const place = placeIn(host.variables, "/jump") ?? host.place;
  return (host.spec.jump ?? "").split(",").flatMap((written) => {
    const hop = written.trim();
    const parts = /^(?:([^@]*)@)?(\[[^\]]+\]|[^:]*)(?::(.*))?$/.exec(hop);
    const [, user, bracketed = "", port] = parts ?? [];
    const name = bracketed.replace(/^\[|\]$/g, "");
    const wrong = (user === undefined ? undefined : checkUser(user)) ?? checkHop(name, port);
    if (wrong !== undefined) {
      problems.push({
        message: `the jump \`${hop}\`: ${wrong.message}`,
        place,
        hint: "write `user@host:port`",
      });
      return [];
    }
    if (path.includes(name) || name === host.spec.address) {
      const message = `jumps lead in a circle: ${[...path, name].join(" → ")}`;
      problems.push({ message, place, hint: "one of these hosts has to be reached without a jump" });
      return [];
    }
    const known = hosts.get(name);
    if (known === undefined) return [hop];
    return [
      ...(known.spec.jump === undefined ? [] : jumpsOf(known, hosts, [...path, name], problems)),
      hopOf(known, user, port),
    ];
  });
}

function checkHop(name: string, port: string | undefined) {
  if (name === "") return { message: "there is no host in it" };
  const wrongPort = port === undefined ? undefined : readPort(port);
  return checkAddress(name) ?? (typeof wrongPort === "number" ? undefined : wrongPort);
}

function hopOf({ spec }: InventoryHost, user: string | undefined, port: string | undefined): string {
  const login = user ?? spec.user;
  const at = port ?? spec.port;
  const address = spec.address.includes(":") ? `[${spec.address}]` : spec.address;
  return `${login === undefined ? "" : `${login}@`}${address}${at === undefined ? "" : `:${at}`}`;
}
