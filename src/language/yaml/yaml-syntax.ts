import { type Document, isScalar, visit, type YAMLError } from "yaml";
import type { Place, Problem } from "../../contract/errors.ts";

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
export function explainSyntax(text: string, document: Document, placeAt: PlaceAt): Problem | undefined {
  const [error] = document.errors;
  if (error === undefined) return undefined;
  const offset = openingQuote(document, error) ?? firstInLine(text, error.pos[0]);
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

/** For a quote that is never closed the reader points at the end of the file: where it was opened says more. */
function openingQuote(document: Document, error: YAMLError): number | undefined {
  if (error.code !== "MISSING_CHAR" || !/closing .*quote/.test(error.message)) return undefined;
  let opened: number | undefined;
  visit(document, (_, node) => {
    const isQuoted = isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE");
    if (isQuoted && (node.range?.[1] ?? 0) + 1 >= error.pos[0]) opened = node.range?.[0];
  });
  return opened;
}

/** An offset at the start of a line means its first word. */
function firstInLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] !== "\n") return offset;
  return offset + (/^ */.exec(text.slice(offset))?.[0].length ?? 0);
}

function explainCode(error: YAMLError, line: string): { readonly message: string; readonly hint?: string } {
  switch (error.code) {
    case "MISSING_CHAR":
      if (/quote/.test(error.message)) {
        return { message: "a quote is opened and never closed", hint: "close it, or double it inside '…'" };
      }
      return /Missing ,/.test(error.message)
        ? { message: "a comma is missing before this", hint: "write `{ a: 1, b: 2 }` or `[1, 2]`" }
        : { message: "a key needs a `:` and a value behind it", hint: "write `key: value`" };
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return /:\s.*:(\s|$)/.test(line.replaceAll(/\{.*\}|"[^"]*"|'[^']*'/g, ""))
        ? { message: "a second `:` in one line", hint: "quote the text that holds `: `" }
        : badIndent;
    case "BAD_INDENT":
      return badIndent;
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

const badIndent = {
  message: "the indentation does not fit the lines around it",
  hint: "align what belongs together",
};

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
