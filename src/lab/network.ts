import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { controllerAddresses } from "./lab-hosts.ts";
import { runCommand } from "./run-command.ts";

/** Where `ip netns` keeps them. */
const namespaces = "/run/netns";

/** Makes the lab's network namespace with its one bridge, on which this machine has an address. It has no way out. */
export async function makeNetwork(namespace: string): Promise<void> {
  const { address, address6 } = controllerAddresses;
  await runCommand(["ip", "netns", "add", namespace]);
  const commands = [
    "link set lo up",
    "link add br0 type bridge forward_delay 0 mcast_snooping 0",
    `address add ${address}/24 dev br0`,
    `address add ${address6}/64 dev br0 nodad`,
    "link set br0 up",
  ];
  await runCommand(["ip", "-n", namespace, "-batch", "-"], { stdin: `${commands.join("\n")}\n` });
}

/** Removes the namespace, when there is one, with all links in it. */
export async function removeNetwork(namespace: string): Promise<void> {
  if (networkExists(namespace)) await runCommand(["ip", "netns", "delete", namespace]);
}

/** Whether the namespace exists. */
export function networkExists(namespace: string): boolean {
  return existsSync(join(namespaces, namespace));
}

/** Names of the network namespaces that begin with `prefix`. */
export async function listNetworks(prefix: string): Promise<readonly string[]> {
  if (!existsSync(namespaces)) return [];
  return (await readdir(namespaces)).filter((name) => name.startsWith(prefix));
}

/** Takes the cable of a host out of the bridge, or puts it back. `leader` is the host's first process. */
export async function setHostLink(namespace: string, leader: number, state: "up" | "down"): Promise<void> {
  const port = await bridgePort(namespace, leader);
  await runCommand(["ip", "-n", namespace, "link", "set", port, state]);
}

/** The bridge's end of the cable is the peer of the host's `host0`, known by its index. */
async function bridgePort(namespace: string, leader: number): Promise<string> {
  const inside = await runCommand([
    "nsenter",
    `--target=${leader}`,
    "--net",
    "ip",
    "-j",
    "link",
    "show",
    "host0",
  ]);
  const peer = parseLinks(inside.stdout)[0]?.link_index;
  const links = parseLinks((await runCommand(["ip", "-n", namespace, "-j", "link", "show"])).stdout);
  const port = links.find((link) => link.ifindex === peer);
  if (port === undefined) throw new Error(`no port with index ${peer} in ${namespace}`);
  return port.ifname;
}

interface Link {
  readonly ifindex: number;
  readonly ifname: string;
  readonly link_index?: number;
}

function parseLinks(stdout: Buffer): readonly Link[] {
  return JSON.parse(stdout.toString("utf8")) as readonly Link[];
}
