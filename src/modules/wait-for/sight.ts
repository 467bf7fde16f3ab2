import { Failure, type OutcomeUnknown, type Unreachable } from "../../contract/errors.ts";
import type { CommandResult, HostReader } from "../../contract/host.ts";

/** What one look saw. */
export interface Sight {
  readonly reached: boolean;
  /** In words, for the person who waits. */
  readonly seen: string;
  /** The link was lost while looking. */
  readonly lost?: OutcomeUnknown | Unreachable;
}

export type WaitedState = "started" | "present" | "stopped" | "absent" | "drained";

/** Whether something at the path is there (and matches), or is gone. */
export async function lookAtPath(
  path: string,
  state: WaitedState,
  pattern: RegExp | undefined,
  host: HostReader,
): Promise<Sight> {
  const isThere = (await host.stat(path)) !== undefined;
  if (state === "stopped" || state === "absent") return { reached: !isThere, seen: `${path} is still there` };
  if (!isThere || pattern === undefined) return { reached: isThere, seen: `${path} is not there` };
  const content = (await host.readFile(path))?.toString("utf8") ?? "";
  return { reached: pattern.test(content), seen: `${path} does not hold ${pattern.source}` };
}

/** Whether the port takes connections (and greets with what matches), takes none, or has none left. */
export async function lookAtPort(
  address: string,
  port: number,
  state: WaitedState,
  pattern: RegExp | undefined,
  host: HostReader,
): Promise<Sight> {
  if (state === "drained") return lookAtConnections(port, host);
  const greetingSeconds = pattern === undefined ? "" : "2";
  const argv = ["timeout", "10", "bash", "-c", connect, "wait_for", address, String(port), greetingSeconds];
  const result = await host.probe(argv, { accept: "any" });
  needProgram(result, "bash", host);
  const isOpen = result.exitCode === 0;
  const name = `port ${port} on ${address}`;
  if (state === "stopped" || state === "absent") return { reached: !isOpen, seen: `${name} is still open` };
  if (!isOpen || pattern === undefined) return { reached: isOpen, seen: `${name} is closed` };
  const greeting = result.stdout.toString("utf8");
  return { reached: pattern.test(greeting), seen: `${name} does not say ${pattern.source}` };
}

/** bash opens TCP connections itself, so nothing has to be installed. Exit code 3: no connection. */
const connect = 'exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 3; [ -z "$3" ] || timeout "$3" cat <&3; exit 0';

async function lookAtConnections(port: number, host: HostReader): Promise<Sight> {
  const filter = ["state", "connected", "exclude", "time-wait", "(", "sport", "=", `:${port}`, ")"];
  const result = await host.probe(["ss", "--tcp", "--numeric", ...filter], { accept: "any" });
  needProgram(result, "ss", host);
  // A heading stands above it: an ss of Debian 9 and older has no option to leave it out.
  const lines = result.stdout.toString("utf8").split("\n").slice(1).filter(Boolean);
  return {
    reached: result.exitCode === 0 && lines.length === 0,
    seen: `${lines.length} connections to port ${port}`,
  };
}

function needProgram({ exitCode }: CommandResult, program: string, host: HostReader): void {
  if (exitCode !== 126 && exitCode !== 127) return;
  throw new Failure("task-failed", `wait_for needs ${program} on ${host.name}`, { host: host.name });
}
