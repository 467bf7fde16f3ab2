/** One line of CSV (RFC 4180), with its line end. */
export function csvLine(fields: readonly (string | number | undefined)[]): string {
  return `${fields.map((field) => csvField(String(field ?? ""))).join(",")}\r\n`;
}

/** Names come from the hosts: a spreadsheet must not take one for a formula, so such a field begins with an apostrophe. */
function csvField(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The rows of a CSV file (RFC 4180), without those that are empty. Lines may end as on any system; a byte order mark is left out. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
  const plain = text.replace(/^\ufeff/, "");
  while (field.lastIndex < plain.length || row.length > 0) {
    const at = field.lastIndex;
    const found = field.exec(plain);
    if (found === null) throw new Error(`a quote is out of place at character ${at + 1}`);
    const [, quoted, bare = "", end] = found;
    row.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}
