import { type Document, LineCounter, parseDocument } from "yaml";
import { BadInput, type Place, type Problem } from "../../contract/errors.ts";
import type { Json } from "../../contract/json.ts";
import { type Keyring, noKeys } from "../../secrets/keyring.ts";
import { sealedFormatOf } from "../../secrets/sealed-text.ts";
import { type Places, placeAtOffset, placesFrom } from "./places.ts";
import { readTextFile } from "./read-text.ts";
import { asText, openSealedValues, type Unsealing } from "./sealed-values.ts";
import { explainSyntax, findForbidden } from "./yaml-syntax.ts";
import { toJson } from "./yaml-values.ts";

/** A YAML file as plain data, with the place of every value. */
export interface YamlFile {
  readonly file: string;
  readonly text: string;
  /** undefined for a file that holds nothing but white space and comments. */
  readonly value: Json | undefined;
  readonly places: Places;
}

/** Reads one YAML 1.2 document from a file, and opens what is encrypted in it. Throws BadInput with every problem found. */
export async function readYaml(
  file: string,
  keyring: Keyring = noKeys,
  isRendered = true,
): Promise<YamlFile> {
  return openYaml(await readTextFile(file), file, { keyring, isRendered });
}

/** Reads one YAML 1.2 document from a text, which may be encrypted as a whole or in parts. Throws BadInput with every problem found. */
export async function openYaml(text: string, file: string, unsealing: Unsealing): Promise<YamlFile> {
  const { keyring } = unsealing;
  if (sealedFormatOf(text) === undefined) return openParts(text, file, unsealing);
  const place = { file, line: 1, column: 1 };
  const yaml = await openParts(asText(await keyring.open(text, place), place), file, unsealing);
  rememberTexts(yaml.value, keyring);
  return yaml;
}

async function openParts(text: string, file: string, unsealing: Unsealing): Promise<YamlFile> {
  const draft = parseDraft(text, file);
  return finish(draft, await openSealedValues(draft.document, draft.placeAt, unsealing));
}

/** All that a whole file hides is secret, whatever its name is. */
function rememberTexts(value: Json | undefined, keyring: Keyring): void {
  if (typeof value === "string" || typeof value === "number") keyring.remember(String(value));
  else if (typeof value === "object" && value !== null)
    for (const inner of Object.values<Json>(value)) rememberTexts(inner, keyring);
}

/** Reads one YAML 1.2 document from a text in which nothing is encrypted. Throws BadInput with every problem found. */
export function parseYaml(text: string, file: string): YamlFile {
  return finish(parseDraft(text, file), []);
}

/** A document that has no slips, before it is plain data. */
interface Draft {
  readonly text: string;
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  placeAt(offset: number): Place;
}

function parseDraft(text: string, file: string): Draft {
  const lines = new LineCounter();
  const placeAt = (offset: number) => placeAtOffset(file, lines, offset);
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    strict: true,
    logLevel: "error",
  });
  const forbidden = findForbidden(text, document, placeAt);
  if (forbidden !== undefined) throw new BadInput([forbidden]);
  const slip = explainSyntax(text, document, placeAt);
  if (slip !== undefined) throw new BadInput([slip]);
  return { text, file, document, lines, placeAt };
}

function finish({ text, file, document, lines, placeAt }: Draft, found: readonly Problem[]): YamlFile {
  const problems: Problem[] = [...found];
  const { value, noted } = toJson(document, { text, placeAt, problems });
  if (problems.length > 0) throw new BadInput(problems);
  const isEmpty = document.contents === null || (value === null && /^\s*$/.test(withoutComments(text)));
  return { file, text, value: isEmpty ? undefined : value, places: placesFrom(file, lines, noted) };
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(#.*|---\s*|\.\.\.\s*)$/gm, "");
}
