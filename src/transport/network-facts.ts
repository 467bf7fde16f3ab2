import type { JsonObject } from "../contract/json.ts";

/** What a host's network is, in Ansible's words. */
export interface NetworkFacts {
  readonly interfaces: readonly string[];
  readonly interface_details: JsonObject;
  readonly default_ipv4: JsonObject;
  readonly default_ipv6: JsonObject;
  readonly all_ipv4_addresses: readonly string[];
  readonly all_ipv6_addresses: readonly string[];
}

interface Address {
  readonly family?: string;
  readonly local?: string;
  readonly prefixlen?: number;
  readonly broadcast?: string;
  readonly scope?: string;
}

interface Device {
  readonly ifname?: string;
  readonly mtu?: number;
  readonly flags?: readonly string[];
  readonly link_type?: string;
  readonly address?: string;
  readonly addr_info?: readonly Address[];
}

interface Route {
  readonly gateway?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
}

/** Reads what `ip -json` printed of the addresses and of the routes to the world; empty where it printed nothing. */
export function networkFacts(addresses: string, route4: string, route6: string): NetworkFacts {
  const devices = listIn<Device>(addresses).filter(({ ifname }) => ifname !== undefined);
  const all = (family: string) => devices.flatMap((device) => addressesOf(device, family));
  return {
    interfaces: devices.map(({ ifname = "" }) => ifname),
    interface_details: Object.fromEntries(devices.map((device) => [device.ifname ?? "", detailsOf(device)])),
    default_ipv4: defaultOf(devices, listIn<Route>(route4)[0], "inet"),
    default_ipv6: defaultOf(devices, listIn<Route>(route6)[0], "inet6"),
    // As in Ansible, a host's own addresses are those that are not for itself alone.
    all_ipv4_addresses: textsOf(all("inet")).filter((address) => !address.startsWith("127.")),
    all_ipv6_addresses: textsOf(all("inet6")).filter((address) => address !== "::1"),
  };
}

function detailsOf(device: Device): JsonObject {
  const [first, ...others] = addressesOf(device, "inet").map(ipv4Of);
  return {
    ...linkOf(device),
    active: device.flags?.includes("UP") ?? false,
    ...(first === undefined ? {} : { ipv4: first }),
    ...(others.length === 0 ? {} : { ipv4_secondaries: others }),
    ipv6: addressesOf(device, "inet6").map(ipv6Of),
  };
}

function linkOf({ ifname = "", mtu = 0, link_type: type = "", address }: Device): JsonObject {
  const mac = address === undefined ? {} : { macaddress: address };
  return { device: ifname, mtu, type, ...mac };
}

/** The address that the host speaks to the world with. */
function defaultOf(devices: readonly Device[], route: Route | undefined, family: string): JsonObject {
  const device = devices.find(({ ifname }) => ifname === route?.dev);
  if (route === undefined || device === undefined) return {};
  const known = addressesOf(device, family);
  const own = known.find(({ local }) => local === route.prefsrc) ?? known[0];
  const { device: name, ...link } = linkOf(device);
  return {
    ...(own === undefined ? {} : family === "inet" ? ipv4Of(own) : ipv6Of(own)),
    ...link,
    interface: name ?? "",
    ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
  };
}

function ipv4Of({ local = "", prefixlen: prefix = 32, broadcast = "" }: Address): JsonObject {
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  const network = dotted((numberOf(local) & mask) >>> 0);
  return { address: local, prefix: String(prefix), netmask: dotted(mask), network, broadcast };
}

function ipv6Of({ local = "", prefixlen: prefix = 128, scope = "" }: Address): JsonObject {
  return { address: local, prefix: String(prefix), scope };
}

function addressesOf({ addr_info: known = [] }: Device, family: string): readonly Address[] {
  return known.filter((one) => one.family === family);
}

function textsOf(addresses: readonly Address[]): string[] {
  return addresses.flatMap(({ local }) => local ?? []);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join(".");
}

/** What is no list, or no JSON, tells nothing: `ip` is old, or not there. */
function listIn<Entry>(text: string): readonly Entry[] {
  if (!text.startsWith("[")) return [];
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value : [];
}
