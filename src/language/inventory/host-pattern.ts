import { isIPv6 } from "node:net";
import type { Inventory, InventoryHost } from "../model/inventory.ts";

/** What patterns are matched against. */
export type Named = Pick<Inventory, "hosts" | "groups">;

/** The hosts of a pattern, and what in it can't be. */
export interface PatternMatch {
  /** Each host once, in the order in which the pattern and the inventory name them. */
  readonly hosts: readonly string[];
  readonly faults: readonly PatternFault[];
}

/** A part of a pattern that is wrong: a name that the inventory does not have, or an expression that is none. */
export interface PatternFault {
  readonly kind: "unknown-name" | "bad-expression";
  /** The part as it is written, without `!` and `&`. */
  readonly text: string;
  /** Where it begins in the pattern. */
  readonly offset: number;
}

interface Part {
  readonly sign: "" | "&" | "!";
  readonly text: string;
  readonly offset: number;
}

/** Names that mean this machine, if the inventory has no host of that name. */
const localNames: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/**
 * The hosts of a pattern, as Ansible reads it: parts with `:` or `,` between, first all without a sign together, then
 * what every `&part` has too, then without `!part`. A part is a host, a group, a glob, a `~regular expression`, perhaps
 * with one or some of its hosts: `web[0]`, `web[-1]`, `web[0:2]` (with both ends), `web[1:]`.
 */
export function matchHosts(pattern: string, named: Named): PatternMatch {
  const faults: PatternFault[] = [];
  const parts = partsOf(pattern, named);
  const matches = (sign: Part["sign"]) =>
    parts.filter((part) => part.sign === sign).map((part) => matchPart(part, named, faults));
  const together = parts.some(({ sign }) => sign === "")
    ? matches("").flat()
    : parts.length === 0
      ? []
      : membersOf("all", named);
  let hosts = [...new Set(together)];
  for (const wanted of matches("&")) hosts = hosts.filter((host) => wanted.includes(host));
  for (const unwanted of matches("!")) hosts = hosts.filter((host) => !unwanted.includes(host));
  return { hosts, faults };
}

/** Cuts at commas, and at colons that stand neither in brackets nor in an IPv6 address. */
function partsOf(pattern: string, named: Named): Part[] {
  const hasComma = pattern.includes(",");
  return [...pattern.matchAll(/[^,]+/g)].flatMap(({ 0: piece, index }) => {
    const bare = piece.trim().replace(/^[!&]/, "");
    const isWhole = isIPv6(bare) || named.hosts.has(bare) || (hasComma && bare.startsWith("~"));
    const cut = isWhole ? [{ 0: piece, index: 0 }] : [...piece.matchAll(/(?:[^:[\]]|\[[^\]]*\]?|\])+/g)];
    return cut.flatMap(({ 0: text, index: within }) => partAt(text, index + within));
  });
}

function partAt(written: string, start: number): Part[] {
  const [, space = "", sign = "", text = ""] = /^(\s*)([!&]?)(.*?)\s*$/s.exec(written) ?? [];
  if (text === "") return [];
  return [{ sign: sign as Part["sign"], text, offset: start + space.length + sign.length }];
}

function matchPart(part: Part, named: Named, faults: PatternFault[]): readonly string[] {
  const { text, offset } = part;
  const { expression, slice } = splitSubscript(text, named);
  const test = testOf(expression);
  if (test === undefined) {
    faults.push({ kind: "bad-expression", text, offset });
    return [];
  }
  const isPlain = typeof test === "string";
  const hosts = isPlain ? namedExactly(test, named) : matching(test, expression, named);
  if (hosts === undefined) {
    faults.push({ kind: "unknown-name", text: expression, offset });
    return [];
  }
  return slice(hosts);
}

interface Subscripted {
  readonly expression: string;
  readonly slice: (hosts: readonly string[]) => readonly string[];
}

function splitSubscript(text: string, named: Named): Subscripted {
  const [, expression, index, start, end] = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(text) ?? [];
  if (expression === undefined || text.startsWith("~") || named.hosts.has(text)) {
    return { expression: text, slice: (hosts) => hosts };
  }
  if (index !== undefined) {
    return { expression, slice: (hosts) => [hosts.at(Number(index))].filter((host) => host !== undefined) };
  }
  const behind = end === undefined || end === "" ? undefined : Number(end) + 1;
  return { expression, slice: (hosts) => hosts.slice(Number(start), behind) };
}

/** A plain name as it is; a glob or `~…` as what it matches; undefined where that is no expression. */
function testOf(expression: string): string | RegExp | undefined {
  if (!/^~|[*?[\]]/.test(expression)) return expression;
  try {
    return expression.startsWith("~") ? new RegExp(`^(?:${expression.slice(1)})`) : globToRegExp(expression);
  } catch {
    return undefined;
  }
}

function globToRegExp(glob: string): RegExp {
  const source = glob.replaceAll(/\[(!?)([^\]]+)\]|[\s\S]/g, (char, not?: string, set?: string) => {
    if (set !== undefined) return `[${not === "" ? "" : "^"}${set.replaceAll(/[\\^[]/g, "\\$&")}]`;
    if (char === "*") return ".*";
    return char === "?" ? "." : char.replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "s");
}

/** A name that means a group means the group, also where a host has it too, as in Ansible. */
function namedExactly(name: string, named: Named): readonly string[] | undefined {
  if (named.groups.has(name)) return membersOf(name, named);
  const host = hostNamed(name, named.hosts);
  return host === undefined ? undefined : [host.name];
}

/** The host of a name. `localhost` is the machine that Mailferry runs on, which is called `control`, if no host has that name. */
export function hostNamed(name: string, hosts: Named["hosts"]): InventoryHost | undefined {
  return hosts.get(name) ?? (localNames.includes(name) ? hosts.get("control") : undefined);
}

function matching(test: RegExp, expression: string, named: Named): readonly string[] {
  const groups = [...named.groups.keys()].filter((name) => name !== "control" && test.test(name));
  const looksAtHosts = groups.length === 0 || /^~|[.?*[]/.test(expression);
  const hosts = [...named.hosts.keys()].filter((name) => name !== "control" && test.test(name));
  return [...groups.flatMap((name) => membersOf(name, named)), ...(looksAtHosts ? hosts : [])];
}

function membersOf(group: string, named: Named): readonly string[] {
  return named.groups.get(group) ?? [];
}
