import { Failure, Unreachable } from "../contract/errors.ts";
import { ConnectionRefused, ConnectionTimedOut, NameUnresolved } from "./errors.ts";
import type { Hop } from "./route.ts";

/** Gives what ssh2 and the network say a name, and the next step. A Failure passes as it is. */
export function sshFailure(
  error: unknown,
  hop: Hop,
  { connectTimeoutMs, signal }: { readonly connectTimeoutMs: number; readonly signal: AbortSignal },
): Failure {
  if (error instanceof Failure) return error;
  const { code, level, message } = error as { code?: unknown; level?: unknown; message: string };
  const where = `${hop.address}, port ${hop.port}`;
  const facts = { host: hop.label, cause: error };
  if (signal.aborted)
    return new Failure("interrupted", `interrupted while connecting to ${hop.label}`, facts);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || level === "client-dns") {
    const next = "Look at the address in the inventory, and at this machine's name servers.";
    return new NameUnresolved(`the name ${hop.address} does not resolve`, { ...facts, next });
  }
  if (code === "ECONNREFUSED" || /connection refused/i.test(message)) {
    const next = "Is sshd running there, on that port? Is a firewall in between?";
    return new ConnectionRefused(`${where} refuses connections`, { ...facts, next });
  }
  if (level === "client-timeout" || code === "ETIMEDOUT") {
    const next = "Is the host up? Does a firewall drop the packets?";
    return new ConnectionTimedOut(`no answer from ${where} within ${connectTimeoutMs / 1000} s`, {
      ...facts,
      next,
    });
  }
  if (level === "handshake" || level === "protocol") {
    const next = `Look at it: ssh -v -p ${hop.port} ${hop.user}@${hop.address}`;
    return new Unreachable(`no ssh session with ${where}: ${message}`, { ...facts, next });
  }
  return new Unreachable(`can't reach ${where}: ${message}`, facts);
}
