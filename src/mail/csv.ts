/** One line of CSV (RFC 4180), with its line end. */
export function csvLine(fields: readonly (string | number | undefined)[]): string {
  return `${fields.map((field) => csvField(String(field ?? ""))).join(",")}\r\n`;
}

/** Names come from the hosts: a spreadsheet must not take one for a formula, so such a field begins with an apostrophe. */
function csvField(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
