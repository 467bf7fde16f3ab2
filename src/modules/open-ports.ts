import type { HostReader } from "../contract/host.ts";

/** Those of the ports that something listens on. */
export async function openPorts(ports: readonly number[], host: HostReader): Promise<number[]> {
  const { stdout } = await host.probe(["cat", "/proc/net/tcp", "/proc/net/tcp6"], { accept: [0, 1] });
  const open = listeningPorts(stdout.toString("latin1"));
  return ports.filter((port) => open.has(port));
}

/** Ports in state LISTEN (0A) from the kernel's own tables, which need no program. */
function listeningPorts(tables: string): Set<number> {
  const ports = new Set<number>();
  for (const line of tables.split("\n")) {
    const [, local = "", , state] = line.trim().split(/\s+/);
    const [, hexPort] = /:([0-9A-F]{4})$/.exec(local) ?? [];
    if (state === "0A" && hexPort !== undefined) ports.add(Number.parseInt(hexPort, 16));
  }
  return ports;
}
