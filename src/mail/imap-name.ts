import type { ByteText } from "./byte-text.ts";

/** How a server joins the parts of folder names, from NAMESPACE. */
export interface ImapNamespace {
  readonly prefix: ByteText;
  readonly separator: string;
}

/** A folder's name as IMAP has it. On disk it stands in the same modified UTF-7, or in UTF-8. */
export function imapName(parts: readonly ByteText[], { prefix, separator }: ImapNamespace): ByteText {
  if (parts.length === 0) return "INBOX";
  return prefix + parts.map(modifiedUtf7).join(separator);
}

/** A string in a command: quoted, or as a literal that needs no answer (LITERAL+). */
export function imapString(text: ByteText): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they can't stand in a quoted string.
  if (/[\u0000-\u001f\u007f-\u00ff]/.test(text)) return `{${text.length}+}\r\n${text}`;
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** RFC 3501, 5.1.3. ASCII stays as it is: names on disk are encoded already. */
function modifiedUtf7(part: ByteText): ByteText {
  if (!/[\u0080-\u00ff]/.test(part)) return part;
  const text = Buffer.from(part, "latin1").toString("utf8");
  return text.replaceAll(/[^\u0020-\u007e]+/g, (run) => {
    const units = Buffer.from(run, "utf16le").swap16();
    return `&${units.toString("base64").replaceAll("/", ",").replaceAll("=", "")}-`;
  });
}
