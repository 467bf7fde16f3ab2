/**
 * A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3). Maildir++ names its directories with it, too.
 * The separator "." stands for itself.
 */
export function encodeFolderName(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => (run === "&" ? "&-" : `&${encodeRun(run)}-`));
}

/** The directory of a folder below the Maildir, "" for INBOX. */
export function folderDirectory(name: string): string {
  return name === "INBOX" ? "" : `.${encodeFolderName(name)}`;
}

/** Base64 of UTF-16 in network order, without padding and with "," for "/". */
function encodeRun(run: string): string {
  const utf16 = Buffer.from(run, "utf16le").swap16();
  return utf16.toString("base64").replace(/=+$/, "").replaceAll("/", ",");
}
