import { Failure } from "../../contract/errors.ts";
import type { ResultSet, Row } from "../database-copy/database-kind.ts";

/** Reads the tables that the client prints in its mode html. `nothing` is what stands for NULL. */
export function readTables(output: Buffer, nothing: string): readonly ResultSet[] {
  const tables: Row[][] = [];
  let columns: string[] = [];
  for (const [, cells = ""] of asText(output).matchAll(line)) {
    const values = [...cells.matchAll(cell)].map(([, value = ""]) => decodeEntities(value));
    if (cells.startsWith("<TH>")) {
      columns = values;
      tables.push([]);
    } else {
      const named = columns.map((column, index): [string, string | null] => {
        const value = values[index] ?? null;
        return [column, value === nothing ? null : value];
      });
      tables.at(-1)?.push(Object.fromEntries(named));
    }
  }
  return tables;
}

// `<`, `>` and `&` never stand unescaped in names or values, so these patterns can't go astray.
const line = /<TR>\s*(.*?)\s*<\/TR>/gs;
const cell = /<T[HD]>([^<]*)<\/T[HD]>/g;

function asText(output: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(output);
  } catch (cause) {
    const next = "Ask for such a column as hex(column).";
    throw new Failure("task-failed", "the database sent bytes that are no text", { next, cause });
  }
}

const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function decodeEntities(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => characters[name] ?? "");
}
