import type { ByteText } from "./byte-text.ts";
import { tabUnescaped } from "./dovecot-tabs.ts";

/**
 * Reads Dovecot's `subscriptions`: the parts of each subscribed folder's name. Version 2 (`V\t2`, an empty line, parts
 * set apart by tabs) and the older form (one name a line, parts set apart by `separator`) give the same.
 */
export function parseSubscriptions(text: ByteText, separator = "."): ByteText[][] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const isSecond = /^V\t[0-9]+$/.test(lines[0] ?? "");
  const names = isSecond ? lines.slice(1) : lines;
  return names
    .filter((name) => name !== "")
    .map((name) => (isSecond ? name.split("\t").map(tabUnescaped) : name.split(separator)));
}
