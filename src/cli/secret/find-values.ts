import { isMap, isScalar, isSeq, parseDocument, type Scalar } from "yaml";
import { Failure } from "../../contract/errors.ts";
import { type SealedFormat, sealedTags } from "../../secrets/sealed-text.ts";

/** One encrypted value of a YAML file. */
export interface FoundValue {
  /** The way to it: `mysql.password`, `users[0].password`. */
  readonly name: string;
  readonly format: SealedFormat;
  readonly sealed: string;
  /** Offsets in the file, from the tag to the end of the block. */
  readonly start: number;
  readonly end: number;
}

/** The values of a YAML text that stand behind `!age` or `!vault`, in their order. */
export function findValues(text: string): FoundValue[] {
  const found: FoundValue[] = [];
  walk(parseDocument(text, { logLevel: "silent" }).contents, "", (name, scalar) => {
    const [start, end] = scalar.range ?? [0, 0];
    const format = sealedTags[scalar.tag ?? ""];
    if (format === undefined) return;
    found.push({ name, format, sealed: String(scalar.value), start: text.lastIndexOf("!", start), end });
  });
  return found;
}

/** The one value of a name. Throws Failure when there is none. */
export function valueNamed(name: string, values: readonly FoundValue[], file: string): FoundValue {
  const found = values.find((value) => value.name === name);
  if (found !== undefined) return found;
  const known = values.map((value) => value.name).join(", ");
  throw new Failure("bad-input", `${file} has no encrypted value "${name}"`, {
    next: known === "" ? "Nothing in it is encrypted." : `These are encrypted: ${known}.`,
  });
}

function walk(node: unknown, name: string, tell: (name: string, scalar: Scalar) => void): void {
  if (isScalar(node)) tell(name, node);
  if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, `${name}[${index}]`, tell);
  if (!isMap(node)) return;
  for (const { key, value } of node.items)
    walk(value, `${name}${name === "" ? "" : "."}${isScalar(key) ? String(key.value) : ""}`, tell);
}
