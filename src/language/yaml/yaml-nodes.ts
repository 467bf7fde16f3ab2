import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { Place } from "../../contract/errors.ts";

/** True for a tag that YAML itself does not know. */
export function hasUnknownTag(node: Node): node is Node & { readonly tag: string } {
  const { tag } = node as { readonly tag?: string | undefined };
  return tag !== undefined && !tag.startsWith("tag:yaml.org,2002:") && tag !== "!";
}

/** What to write in place of a tag. */
export function tagHint(tag: string): string {
  if (tag === "!unsafe") return "write `\\{{` for braces that are meant as they are";
  return "take the tag out, and quote the value if it is a text";
}

/** True for a node of a parsed document. */
export function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

/** A scalar without quotes as it stands in the file. */
export function writtenForm(node: Node): string | undefined {
  return isScalar(node) && node.type === "PLAIN" ? node.source : undefined;
}

/** Where a scalar's first character stands. A block's lines are all indented alike, so its columns count from there. */
export function contentPlace(
  node: Node,
  walk: { readonly text: string; readonly placeAt: (offset: number) => Place },
): Place | undefined {
  if (!isScalar(node) || node.range === undefined || node.range === null) return undefined;
  const [start] = node.range;
  if (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE") return walk.placeAt(start + 1);
  if (node.type !== "BLOCK_LITERAL" && node.type !== "BLOCK_FOLDED") return undefined;
  const body = walk.text.slice(walk.text.indexOf("\n", start) + 1);
  const indent = /^(?:[ \t]*\r?\n)*( *)/.exec(body)?.[1]?.length ?? 0;
  const header = walk.placeAt(start);
  return { ...header, line: header.line + 1, column: indent + 1 };
}
