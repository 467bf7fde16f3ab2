import { isIPv6 } from "node:net";
import type { AttemptState } from "./events.ts";
import type { FullSenderOptions } from "./options.ts";
import { createResolver } from "./resolver.ts";
import { findRoute, type Route } from "./route.ts";
import { type Delivery, deliver, type SessionOptions } from "./smtp-session.ts";

/** How one attempt ended, over all servers it tried. */
export interface HandedOver {
  readonly state: AttemptState;
  readonly server: string;
  readonly step: string;
  readonly reply: string;
}

/** Makes one attempt for a mail: finds the servers, tries them in order until one says yes or no. Never throws. */
export type HandOver = (mail: Delivery, onDot: () => void) => Promise<HandedOver>;

/** For how long a server that could not be reached is not tried again, so that a queue of thousands doesn't storm it. */
const avoidMs = 1000;

/** Prepares attempts that share one DNS cache and one memory of dead servers. */
export function createHandOver(options: FullSenderOptions, helo: string, signal: AbortSignal): HandOver {
  const findServers = routeFinder(options);
  const avoidUntil = new Map<string, number>();
  return async (mail, onDot) => {
    const session: SessionOptions = { ...options, helo, signal, onDot };
    let route: Route;
    try {
      route = await findServers(mail.to.slice(mail.to.lastIndexOf("@") + 1));
    } catch (error) {
      return { state: "deferred", server: "dns", step: "dns", reply: messageOf(error) };
    }
    if (route.status === "none") return { state: "refused", server: "dns", step: "dns", reply: route.why };
    return tryServers(route.addresses, mail, options.port, session, avoidUntil);
  };
}

function routeFinder({ route }: FullSenderOptions): (domain: string) => Promise<Route> {
  if (route.mode === "pinned") {
    const pinned: Route = { status: "servers", addresses: [route.address] };
    return () => Promise.resolve(pinned);
  }
  const resolver = createResolver({
    server: route.nameServer,
    port: route.nameServerPort,
    maxTtlSeconds: route.maxTtlSeconds,
  });
  return (domain) => findRoute(resolver, domain, route.family);
}

async function tryServers(
  addresses: readonly string[],
  mail: Delivery,
  port: number,
  session: SessionOptions,
  avoidUntil: Map<string, number>,
): Promise<HandedOver> {
  let last: HandedOver | undefined;
  for (const address of addresses) {
    const server = isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
    if (Date.now() < (avoidUntil.get(address) ?? 0)) {
      last = { state: "deferred", server, step: "connect", reply: "could not be reached a moment ago" };
      continue;
    }
    const outcome = await deliver({ address, port }, mail, session);
    last = { ...outcome, server };
    if (outcome.step === "connect") avoidUntil.set(address, Date.now() + avoidMs);
    // Only a server that never came to speak of the mail sends an MTA to the next one.
    if (outcome.state !== "deferred" || !["connect", "greeting", "ehlo"].includes(outcome.step)) break;
  }
  return last ?? { state: "deferred", server: "dns", step: "dns", reply: "no server" };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
