import type { ByteText } from "./byte-text.ts";

/** Where a folder lies below the mail root. */
export interface FolderPlace {
  /** The Maildir it belongs to, relative to the mail root: `example.org/john/Maildir`. Empty for the root itself. */
  readonly maildir: ByteText;
  /** The folder's directory within that Maildir: empty for INBOX, `.Sent.2024` (Maildir++) or `Sent/2024` (LAYOUT=fs). */
  readonly directory: ByteText;
}

/**
 * Tells Maildirs and the folders within them apart, in a walk whose directories come in order of `path + "/"`: a
 * Maildir comes before all that lies in it.
 */
export class FolderPlacer {
  #maildir: ByteText | undefined;

  /** `path` is relative to the mail root, without slashes at the ends. */
  place(path: ByteText): FolderPlace {
    const maildir = this.#maildir;
    if (maildir !== undefined && isWithin(path, maildir)) {
      return { maildir, directory: path.slice(maildir === "" ? 0 : maildir.length + 1) };
    }
    this.#maildir = path;
    return { maildir: path, directory: "" };
  }
}

/** The mailbox that a Maildir holds, as people name it: its path without a last `Maildir`. */
export function mailboxName(maildir: ByteText): ByteText {
  const name = maildir.replace(/(^|\/)(Maildir|maildir)$/, "");
  return name === "" ? "." : name;
}

/** The parts of a folder's name from its directory: none for INBOX. */
export function folderParts(directory: ByteText): ByteText[] {
  if (directory === "") return [];
  return directory.startsWith(".") ? directory.slice(1).split(".") : directory.split("/");
}

/** A folder's name as it is shown to people. */
export function folderName(directory: ByteText): ByteText {
  return directory === "" ? "INBOX" : folderParts(directory).join("/");
}

/** Whether a Maildir's folders lie in it as Maildir++ wants (`.Sent`), or as LAYOUT=fs does (`Sent`). */
export function layoutOf(directory: ByteText): "maildir++" | "fs" | undefined {
  if (directory === "") return undefined;
  return directory.startsWith(".") && !directory.includes("/") ? "maildir++" : "fs";
}

function isWithin(path: ByteText, directory: ByteText): boolean {
  return directory === "" || path.startsWith(`${directory}/`);
}
