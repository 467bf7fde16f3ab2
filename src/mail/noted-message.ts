import type { ByteText } from "./byte-text.ts";

/**
 * What the notes of passes call the message at a path below the mail root: its folder's `cur`, and its name without flags. Undefined for
 * what is no message.
 */
export function notedMessage(path: ByteText): ByteText | undefined {
  if (!/(?:^|\/)(?:cur|new)\/[^/.][^/]*$/.test(path)) return undefined;
  return path.replace(/\/new\/([^/]*)$/, "/cur/$1").replace(/:2,[^/]*$/, "");
}
