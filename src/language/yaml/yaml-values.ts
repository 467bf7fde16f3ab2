import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { Place, Problem } from "../../contract/errors.ts";
import type { Json } from "../../contract/json.ts";
import { pointerTo } from "../../expression/placed-values.ts";
import type { Noted } from "./places.ts";
import { contentPlace, hasUnknownTag, isNode, tagHint, writtenForm } from "./yaml-nodes.ts";
import { lineAround, unquotedBraces } from "./yaml-syntax.ts";

interface Walk {
  readonly document: Document;
  readonly text: string;
  readonly placeAt: (offset: number) => Place;
  readonly problems: Problem[];
  readonly noted: Map<string, Noted>;
  /** Anchored nodes that the walk is inside of. */
  readonly open: Set<Node>;
  /** How many aliases the walk is inside of, and where the outermost stands. */
  aliasDepth: number;
  aliasStart: number;
  aliasedNodes: number;
}

/** Aliases that unfold to more values than this are taken for a bomb. */
const mostAliased = 10_000;

/** Turns a parsed document into plain data and notes where each value stands. Adds a problem for all that is not plain data. */
export function toJson(
  document: Document,
  { text, placeAt, problems }: Pick<Walk, "text" | "placeAt" | "problems">,
): { readonly value: Json; readonly noted: ReadonlyMap<string, Noted> } {
  const walk: Walk = {
    document,
    text,
    placeAt,
    problems,
    noted: new Map(),
    open: new Set(),
    aliasDepth: 0,
    aliasStart: 0,
    aliasedNodes: 0,
  };
  const contents = document.contents;
  return { value: contents === null ? null : convert(contents, "", walk, undefined), noted: walk.noted };
}

function convert(node: Node, pointer: string, walk: Walk, key: number | undefined): Json {
  if (isAlias(node)) return convertAlias(node, pointer, walk, key);
  const start = node.range?.[0] ?? 0;
  if (walk.aliasDepth > 0) {
    walk.aliasedNodes += 1;
    if (walk.aliasedNodes === mostAliased)
      report(walk, walk.aliasStart, "this alias unfolds to thousands of values", bombHint);
    if (walk.aliasedNodes >= mostAliased) return null;
  }
  walk.noted.set(pointer, { start, key, content: contentPlace(node, walk), written: writtenForm(node) });
  if (hasUnknownTag(node)) {
    report(walk, start, `unknown tag \`${node.tag}\``, tagHint(node.tag));
    return null;
  }
  if (isScalar(node)) return convertScalar(node, walk, start);
  if (isMap(node)) return convertMap(node, pointer, walk);
  if (isSeq(node)) {
    return node.items.map((item, index) =>
      item === null || !isNode(item) ? null : convert(item, pointerTo(pointer, index), walk, undefined),
    );
  }
  return null;
}

const bombHint = "write the values out instead of anchors (`&`) and aliases (`*`)";

function convertAlias(alias: Alias, pointer: string, walk: Walk, key: number | undefined): Json {
  const start = alias.range?.[0] ?? 0;
  const target = alias.resolve(walk.document);
  if (target === undefined) {
    report(
      walk,
      start,
      `there is no anchor \`&${alias.source}\``,
      "a text that begins with `*` needs quotes",
    );
    return null;
  }
  if (walk.open.has(target)) {
    report(walk, start, `\`*${alias.source}\` stands inside of what it means`, bombHint);
    return null;
  }
  walk.open.add(target);
  if (walk.aliasDepth === 0) walk.aliasStart = start;
  walk.aliasDepth += 1;
  const value = convert(target, pointer, walk, key);
  walk.aliasDepth -= 1;
  walk.open.delete(target);
  return value;
}

function convertScalar(scalar: Scalar, walk: Walk, start: number): Json {
  const { value } = scalar;
  if (typeof value === "number" && !Number.isFinite(value)) {
    report(walk, start, `\`${scalar.source}\` is no number that can be used`, "quote it if it is a text");
    return null;
  }
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    report(walk, start, `\`${scalar.source}\` is too large for a number`, "quote it");
    return null;
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

function convertMap(map: YAMLMap, pointer: string, walk: Walk): Json {
  const result: Record<string, Json> = {};
  const firsts = new Map<string, number>();
  const anchored = map.anchor === undefined ? undefined : walk.open.add(map);
  for (const pair of map.items) convertPair(pair, pointer, walk, result, firsts);
  if (anchored !== undefined) walk.open.delete(map);
  return result;
}

function convertPair(
  pair: Pair,
  pointer: string,
  walk: Walk,
  result: Record<string, Json>,
  firsts: Map<string, number>,
): void {
  if (!isNode(pair.key)) return;
  const start = pair.key.range?.[0] ?? 0;
  const name = keyName(pair.key, walk);
  if (name === undefined) return;
  if (name === "<<") {
    mergeInto(pair, pointer, walk, result);
    return;
  }
  if (forbiddenKeys.includes(name)) {
    report(walk, start, `\`${name}\` can't be a key`, "name it otherwise");
    return;
  }
  const first = firsts.get(name);
  if (first !== undefined) {
    const { line } = walk.placeAt(first);
    report(walk, start, `\`${name}\` stands here twice, first in line ${line}`, "keep one of them");
    return;
  }
  firsts.set(name, start);
  const at = pointerTo(pointer, name);
  if (!isNode(pair.value)) walk.noted.set(at, { start, key: start });
  result[name] = isNode(pair.value) ? convert(pair.value, at, walk, start) : null;
}

const forbiddenKeys: readonly string[] = ["__proto__", "constructor", "prototype"];

function keyName(key: Node, walk: Walk): string | undefined {
  if (hasUnknownTag(key)) {
    report(walk, key.range?.[0] ?? 0, `unknown tag \`${key.tag}\``, "a key has no tag");
    return undefined;
  }
  if (isScalar(key)) return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
  const start = key.range?.[0] ?? 0;
  const line = lineAround(walk.text, start);
  const braces = unquotedBraces(line.text);
  if (braces !== undefined) {
    const place = walk.placeAt(line.start + braces.column);
    const message = "a value that begins with `{{` needs quotes round all of it";
    walk.problems.push({ message, place, hint: `write ${braces.fix}` });
  } else {
    report(walk, start, "a key has to be a text", 'quote a template: "{{ x }}"');
  }
  return undefined;
}

/** `<<: *defaults`, as Ansible's YAML 1.1 reads it: keys that stand in the map itself win. */
function mergeInto(pair: Pair, pointer: string, walk: Walk, result: Record<string, Json>): void {
  if (!isNode(pair.value)) return;
  const merged = convert(pair.value, pointer, walk, undefined);
  const sources = Array.isArray(merged) ? merged : [merged];
  for (const source of sources) {
    if (typeof source !== "object" || source === null || Array.isArray(source)) {
      report(walk, pair.value.range?.[0] ?? 0, "`<<` wants a map", "give it an alias of a map");
      continue;
    }
    for (const [key, value] of Object.entries<Json>(source))
      if (!Object.hasOwn(result, key)) result[key] = value;
  }
}

function report(walk: Walk, offset: number, message: string, hint: string): void {
  walk.problems.push({ message, place: walk.placeAt(offset), hint });
}
