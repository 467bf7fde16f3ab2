import { tabUnescaped } from "./dovecot-tabs.ts";

/** Reads a table of `doveadm -f tab`: a line of column names, then the rows. Names come in lower case, counts as numbers. */
export function parseTabTable(text: string): Record<string, string | number>[] {
  const [head = "", ...lines] = text.split("\n").filter((line) => line !== "");
  const columns = head.split("\t").map((name) => tabUnescaped(name).toLowerCase());
  return lines.map((line) => {
    const values = line.split("\t");
    return Object.fromEntries(columns.map((name, index) => [name, cellOf(name, values[index] ?? "")]));
  });
}

function cellOf(column: string, text: string): string | number {
  return numberColumns.has(column) && /^[0-9]{1,15}$/.test(text) ? Number(text) : tabUnescaped(text);
}

/** A mailbox may be called "2024": only these columns hold numbers. */
const numberColumns: ReadonlySet<string> = new Set([
  ...[
    "messages",
    "recent",
    "unseen",
    "uidnext",
    "uidvalidity",
    "highestmodseq",
    "vsize",
    "firstsaved",
    "uid",
  ],
]);
