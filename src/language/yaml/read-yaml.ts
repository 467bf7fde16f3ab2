import { LineCounter, parseDocument } from "yaml";
import { BadInput, type Problem } from "../../contract/errors.ts";
import type { Json } from "../../contract/json.ts";
import { type Places, placeAtOffset, placesFrom } from "./places.ts";
import { readTextFile } from "./read-text.ts";
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

/** Reads one YAML 1.2 document from a file. Throws BadInput with every problem found. */
export async function readYaml(file: string): Promise<YamlFile> {
  return parseYaml(await readTextFile(file), file);
}

/** Reads one YAML 1.2 document from a text. Throws BadInput with every problem found. */
export function parseYaml(text: string, file: string): YamlFile {
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
  const problems: Problem[] = [];
  const { value, noted } = toJson(document, { text, placeAt, problems });
  if (problems.length > 0) throw new BadInput(problems);
  const isEmpty = document.contents === null || (value === null && /^\s*$/.test(withoutComments(text)));
  return { file, text, value: isEmpty ? undefined : value, places: placesFrom(file, lines, noted) };
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(#.*|---\s*|\.\.\.\s*)$/gm, "");
}
