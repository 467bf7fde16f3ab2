import { type ByteText, compareBytes } from "./byte-text.ts";
import { keywordNames, parseKeywords } from "./dovecot-keywords.ts";
import { parseSubscriptions } from "./dovecot-subscriptions.ts";
import { parseUidlist } from "./dovecot-uidlist.ts";
import { folderKey, type LedgerFile, type LedgerFolder, type LedgerMessage } from "./ledger.ts";
import { FolderPlacer } from "./maildir-folder.ts";
import { parseMaildirName } from "./maildir-name.ts";

/** What a scan finds, in the order of a ledger. */
export interface LedgerScanEvents {
  /** `owners`: how many of the folder's messages belong to whom. */
  onFolder(folder: LedgerFolder, owners: ReadonlyMap<string, number>): void;
  onFile(file: LedgerFile): void;
}

interface ScannedFolder {
  readonly controls: Map<string, ByteText>;
  readonly entries: { readonly name: ByteText; readonly size: number; readonly path: ByteText }[];
  readonly owners: Map<string, number>;
}

/**
 * Reads what the ledger script prints on a host, records that each end in NUL, and makes a ledger's folders and files
 * of it. The script lists folders in batches, in order:
 *
 *     B                                    a batch begins
 *     F./example.org/john/Maildir/         a folder of the batch
 *     ⏎./…/dovecot-uidlist⏎ and ⏎content   its control files: name, then content (a line feed first in both)
 *     H, then <hash>  ./…/cur/<name>       hashes, if asked for; after N in place of H, lines of one record
 *     M, then f <size> <owner> ./…         its messages: type, size, owner and path
 *     E                                    the batch is whole
 *     H and O, then ./path//f <size> <target>   after all batches: hashes and list of the other files
 *     Z0                                   the end
 */
export class LedgerScan {
  readonly #events: LedgerScanEvents;
  readonly #placer = new FolderPlacer();
  #rest = "";
  #section: "none" | "folders" | "hashes" | "hash lines" | "messages" | "files" = "none";
  #folders = new Map<ByteText, ScannedFolder>();
  #hashes = new Map<ByteText, string>();
  #controlPath: ByteText | undefined;
  #lastKey: ByteText | undefined;
  #ended = false;

  constructor(events: LedgerScanEvents) {
    this.#events = events;
  }

  /** True once the script's last record was read: without it the list was cut short. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next piece of output, of any length. */
  feed(chunk: Buffer): void {
    const records = (this.#rest + chunk.toString("latin1")).split("\0");
    this.#rest = records.pop() ?? "";
    for (const record of records) this.#take(record);
  }

  #take(record: ByteText): void {
    switch (record) {
      case "":
        return;
      case "B":
        this.#section = "folders";
        this.#folders = new Map();
        this.#hashes = new Map();
        return;
      case "H":
        this.#section = "hashes";
        return;
      case "N":
        this.#section = "hash lines";
        return;
      case "M":
        this.#section = "messages";
        return;
      case "O":
        this.#section = "files";
        return;
      case "E":
        this.#endBatch();
        return;
      case "Z0":
        this.#ended = true;
        return;
      default:
        this.#takeIn(record);
    }
  }

  #takeIn(record: ByteText): void {
    if (this.#section === "messages") this.#takeMessage(record);
    else if (this.#section === "hashes") this.#takeHash(record);
    else if (this.#section === "hash lines") this.#takeHashLines(record);
    else if (this.#section === "files") this.#takeFile(record);
    else if (this.#section === "folders" && record.startsWith("F./")) {
      this.#folders.set(record.slice(3), { controls: new Map(), entries: [], owners: new Map() });
    } else if (this.#section === "folders" && record.startsWith("\n")) this.#takeControl(record.slice(1));
    else throw new Error(`ledger scan: unexpected record ${JSON.stringify(record.slice(0, 80))}`);
  }

  #takeControl(piece: ByteText): void {
    if (this.#controlPath === undefined) {
      this.#controlPath = piece.replace(/\n$/, "").slice(2);
      return;
    }
    const slash = this.#controlPath.lastIndexOf("/") + 1;
    const folder = this.#folders.get(this.#controlPath.slice(0, slash));
    folder?.controls.set(this.#controlPath.slice(slash), piece);
    this.#controlPath = undefined;
  }

  #takeHashLines(record: string): void {
    for (const line of record.split("\n")) this.#takeHash(line);
  }

  /** As sha256sum writes it: without `-z` a backslash comes first where the name has escapes. */
  #takeHash(record: string): void {
    const [, backslash, hash = "", path = ""] = /^(\\?)([0-9a-f]{32,}) [ *]\.\/(.*)$/s.exec(record) ?? [];
    if (hash === "") return;
    this.#hashes.set(backslash === "" ? path : path.replaceAll(/\\([\\n])/g, unescapedName), hash);
  }

  #takeMessage(record: ByteText): void {
    const [, size, owner = "", path = ""] = /^. ([0-9]+) ([^ ]*) \.\/(.*)$/s.exec(record) ?? [];
    const slash = path.lastIndexOf("/");
    const folder = this.#folders.get(path.slice(0, slash - 3));
    if (folder === undefined) throw new Error(`ledger scan: a message of no folder: ${record.slice(0, 200)}`);
    folder.entries.push({ name: path.slice(slash + 1), size: Number(size), path });
    folder.owners.set(owner, (folder.owners.get(owner) ?? 0) + 1);
  }

  #takeFile(record: ByteText): void {
    const [, path = "", letter, size, target = ""] = /^\.\/(.*?)\/\/(.) ([0-9]+) (.*)$/s.exec(record) ?? [];
    const type = letter === "f" ? "file" : letter === "l" ? "link" : "other";
    const content = type === "link" ? target : (this.#hashes.get(path) ?? "");
    this.#events.onFile({ path, type, size: Number(size), content });
  }

  #endBatch(): void {
    for (const [path, scanned] of this.#folders) {
      const folder = this.#folderOf(path.slice(0, -1), scanned);
      const key = folderKey(folder);
      if (this.#lastKey !== undefined && key <= this.#lastKey) {
        throw new Error(`ledger scan: folders out of order at ${path}`);
      }
      this.#lastKey = key;
      this.#events.onFolder(folder, scanned.owners);
    }
    this.#section = "none";
    this.#folders = new Map();
    this.#hashes = new Map();
  }

  #folderOf(path: ByteText, { controls, entries }: ScannedFolder): LedgerFolder {
    const { uidValidity, nextUid, uids } = parseUidlist(controls.get("dovecot-uidlist") ?? "");
    const keywords = parseKeywords(controls.get("dovecot-keywords") ?? "");
    const messages = entries.map(({ name, size, path: messagePath }): LedgerMessage => {
      const { base, flags, keywordLetters } = parseMaildirName(name);
      return {
        base,
        size,
        flags,
        keywords: keywordNames(keywordLetters, keywords).join(" "),
        uid: uids.get(base),
        hash: this.#hashes.get(messagePath),
      };
    });
    return {
      ...this.#placer.place(path),
      uidValidity,
      nextUid,
      subscriptions: parseSubscriptions(controls.get("subscriptions") ?? ""),
      messages: messages.sort((a, b) => compareBytes(a.base, b.base)),
    };
  }
}

function unescapedName(_all: string, code: string): string {
  return code === "n" ? "\n" : code;
}
