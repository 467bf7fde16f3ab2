import type { Document, YAMLError } from "yaml";
import type { Place, Problem } from "../contract/errors.ts";

type PlaceAt = (offset: number) => Place;

/** Finds what YAML allows and Mailferry does not, before anything else is said: other versions, directives, several documents. */
export function findForbidden(text: string, document: Document, placeAt: PlaceAt): Problem | undefined {
  const directive = /^%(YAML|TAG)\b[ \t]*(.*)$/m.exec(text);
  if (directive !== null && isBeforeContent(text, directive.index)) {
    return {
      message: `\`%${directive[1]} ${directive[2]?.trim()}\` is not allowed: files are read as YAML 1.2`,
      place: placeAt(directive.index),
      hint: "take the line out, and write true and false where 1.1 has yes and no",
    };
  }
  const several = document.errors.find((error) => error.code === "MULTIPLE_DOCS");
  if (several === undefined) return undefined;
  return {
    message: "the file holds more than one YAML document",
    place: placeAt(several.pos[0]),
    hint: "make a file of each part, and take out the `---` between them",
  };
}

function isBeforeContent(text: string, offset: number): boolean {
  return /^(\s|#.*\n|%.*\n)*$/.test(text.slice(0, offset));
}

/** Says in plain words what the YAML reader stumbled over. */
export function explainSyntax(text: string, error: YAMLError, placeAt: PlaceAt): Problem {
  const offset = error.pos[0];
  const line = lineAround(text, offset);
  const braces = unquotedBraces(line.text);
  if (braces !== undefined) {
    return {
      message: "a value that begins with `{{` needs quotes round all of it",
      place: placeAt(line.start + braces.column),
      hint: `write ${braces.fix}`,
    };
  }
  if (error.code === "TAB_AS_INDENT" || /^[ ]*\t/.test(line.text)) {
    const tab = line.start + line.text.indexOf("\t");
    return {
      message: "the line is indented with a tab",
      place: placeAt(tab),
      hint: "YAML wants spaces there",
    };
  }
  return { place: placeAt(offset), ...explainCode(error, line.text) };
}

function explainCode(error: YAMLError, line: string): { readonly message: string; readonly hint?: string } {
  switch (error.code) {
    case "MISSING_CHAR":
      return /quote/.test(error.message)
        ? { message: "a quote is opened and never closed", hint: "close it, or double it inside '…'" }
        : { message: "a key needs a `:` and a value behind it", hint: "write `key: value`" };
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return {
        message: "this does not fit here: a second `:` in the line, or the next line is indented too far",
        hint: "quote a text that holds `: `, and align keys of one map",
      };
    case "BAD_INDENT":
      return {
        message: "the indentation does not fit the lines above",
        hint: "align it with its neighbours",
      };
    case "BAD_ALIAS":
      return { message: "a text that begins with `*` or `&` needs quotes", hint: `in: ${line.trim()}` };
    case "BAD_SCALAR_START":
      return {
        message: error.message.replace("Plain value", "a text without quotes"),
        hint: "quote the text",
      };
    case "BLOCK_IN_FLOW":
      return { message: "a comma or bracket is missing", hint: "write `{ a: 1, b: 2 }` or `[1, 2]`" };
    case "UNEXPECTED_TOKEN":
      return { message: `this does not belong here (${plain(error.message)})`, hint: flowHint(line) };
    default:
      return { message: plain(error.message) };
  }
}

function flowHint(line: string): string {
  return /[{}[\]"']/.test(line) ? "check quotes, commas and brackets in this line" : "check the indentation";
}

function plain(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** `key: {{ x }}/y` or `- {{ x }}`: where the braces begin, and the line's value in quotes. */
export function unquotedBraces(line: string): { readonly column: number; readonly fix: string } | undefined {
  const match = /^(\s*(?:- +)*(?:[\w.-]+\s*:\s+)?)(\{\{.*?)\s*(?:\s#.*)?$/.exec(line);
  if (match === null) return undefined;
  const [, before = "", value = ""] = match;
  const quoted = value.includes('"') ? `'${value}'` : `"${value}"`;
  return { column: before.length, fix: `\`${before.trim()} ${quoted}\``.replace("` ", "`") };
}

/** The line that an offset stands in. */
export function lineAround(text: string, offset: number): { readonly text: string; readonly start: number } {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", start);
  return { text: text.slice(start, end < 0 ? text.length : end), start };
}
