import { type Document, isPair, isScalar, isSeq, type Node, Scalar, visit } from "yaml";
import { BadInput, type Place, type Problem } from "../../contract/errors.ts";
import { isTemplate } from "../../expression/template.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import { sealedTags } from "../../secrets/sealed-text.ts";

/** How the encrypted values of a file are opened. */
export interface Unsealing {
  readonly keyring: Keyring;
  /** Whether texts of the file are rendered later: then what was encrypted is kept from being taken for a template. */
  readonly isRendered: boolean;
}

/** One encrypted value: its text, where it stands, and the way to put another scalar there. */
interface SealedValue {
  readonly text: string;
  readonly node: Node;
  put(opened: Scalar): void;
}

/**
 * Puts the plain text in the place of every value behind `!age` or `!vault`, and of `{"__ansible_vault": …}`, as
 * `ansible-inventory --list` writes one. Gives back a problem for each that can't be opened.
 */
export async function openSealedValues(
  document: Document,
  placeAt: (offset: number) => Place,
  { keyring, isRendered }: Unsealing,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { text, node, put } of sealedValuesOf(document)) {
    const place = placeAt(node.range?.[0] ?? 0);
    const opened = new Scalar("");
    opened.range = node.range ?? null;
    put(opened);
    try {
      const plain = asText(await keyring.open(text, place), place);
      keyring.remember(plain);
      opened.value = isRendered ? literal(plain) : plain;
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      problems.push(...error.problems);
    }
  }
  return problems;
}

/** Bytes as UTF-8. Throws BadInput for what is none. */
export function asText(bytes: Buffer, place: Place): string {
  const text = bytes.toString("utf8");
  if (Buffer.from(text).equals(bytes)) return text;
  throw new BadInput([{ message: "what is encrypted here is no text", place, hint: "UTF-8 is wanted" }]);
}

/** What was encrypted is data: braces in a password are no template. Only a template can say so here. */
function literal(text: string): string {
  return isTemplate(text) ? `{{base64Decode "${Buffer.from(text).toString("base64")}"}}` : text;
}

function sealedValuesOf(document: Document): SealedValue[] {
  const found: SealedValue[] = [];
  visit(document, {
    Scalar(key, node, path) {
      const isSealed = key !== "key" && node.tag !== undefined && Object.hasOwn(sealedTags, node.tag);
      if (isSealed) found.push({ text: String(node.value), node, put: putterOf(document, key, path) });
    },
    Map(key, node, path) {
      const [pair, ...others] = node.items;
      if (pair === undefined || others.length > 0 || !isScalar(pair.key) || !isScalar(pair.value)) return;
      if (pair.key.value !== "__ansible_vault") return;
      found.push({ text: String(pair.value.value), node, put: putterOf(document, key, path) });
    },
  });
  return found;
}

function putterOf(document: Document, key: unknown, path: readonly unknown[]): SealedValue["put"] {
  const parent = path.at(-1);
  return (opened) => {
    if (isPair(parent)) parent.value = opened;
    else if (isSeq(parent) && typeof key === "number") parent.items[key] = opened;
    else document.contents = opened as typeof document.contents;
  };
}
