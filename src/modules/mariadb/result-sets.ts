import { Failure } from "../../contract/errors.ts";
import type { ResultSet, Row } from "../database-copy/database-kind.ts";

/**
 * Reads what the client prints with --xml. Of its formats it is the one that tells NULL from the text NULL and keeps
 * line ends; only a NUL character comes out as a blank. Throws Failure for bytes that are not UTF-8.
 */
export function readResultSets(output: Buffer): readonly ResultSet[] {
  const text = asText(output);
  return [...text.matchAll(resultSet)].map(([, rows = ""]) =>
    [...rows.matchAll(row)].map(([, fields = ""]) => readRow(fields)),
  );
}

function asText(output: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(output);
  } catch (cause) {
    const next = "Ask for such a column as HEX(column).";
    throw new Failure("task-failed", "the database sent bytes that are no text", { next, cause });
  }
}

// `<`, `>`, `&` and `"` never stand unescaped in names, values or the statement, so these patterns can't go astray.
const resultSet = /<resultset [^>]*>(.*?)<\/resultset>/gs;
const row = /<row>(.*?)<\/row>/gs;
const field = /<field name="([^"]*)"(?: xsi:nil="true" \/>|>([^<]*)<\/field>)/g;

function readRow(fields: string): Row {
  const entries = [...fields.matchAll(field)].map(([, name = "", value]): [string, string | null] => [
    decodeEntities(name),
    value === undefined ? null : decodeEntities(value),
  ]);
  return Object.fromEntries(entries);
}

const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

function decodeEntities(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot);/g, (_all, name: string) => characters[name] ?? "");
}
