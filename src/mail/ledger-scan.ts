import type { ByteText } from "./byte-text.ts";
import type { FolderEvidence } from "./folder-evidence.ts";
import { type FolderTally, tallyOf } from "./folder-tally.ts";
import type { LedgerFile } from "./ledger.ts";
import { FolderPlacer } from "./maildir-folder.ts";
import { MessageRecords } from "./message-records.ts";

/** What a scan finds, in the order of a ledger. */
export interface LedgerScanEvents {
  onFolder(folder: FolderEvidence, tally: FolderTally): void;
  onFile(file: LedgerFile): void;
}

interface ScannedFolder {
  /** As the script says it: `./example.org/a/Maildir/`. */
  readonly path: ByteText;
  readonly controls: Map<string, Buffer>;
  readonly parts: MessageRecords[];
}

/**
 * Reads what the ledger script prints on a host, records that each end in NUL, and hands on what it says of each folder and
 * file. The script lists folders in batches, in order:
 *
 *     B                                    a batch begins
 *     F./example.org/john/Maildir/         a folder of the batch
 *     U5000                                the owner of all messages that say nothing of theirs
 *     M, then ./…/cur/NAME//SIZE           the batch's messages in order of their bytes; SIZE may be `SIZE OWNERTYPE`
 *             ./…/cur/NAME//#HASH          before its message, if asked for
 *             ./…/dovecot-uidlist//TEXT/   a control file, in the same order: no message's record ends in a slash
 *     E                                    the batch is whole
 *     Y0                                   so are all of them
 *     H and O, then ./path//f SIZE TARGET  hashes and list of other files, as often as it takes
 *     Z0                                   the end
 *
 * Holds one Maildir with its folders, not a batch: what can't get more messages is handed on.
 */
export class LedgerScan {
  readonly #events: LedgerScanEvents;
  readonly #placer = new FolderPlacer();
  /** A record that has begun: pieces of it, joined once when it ends. */
  #begun: Buffer[] = [];
  #section: "none" | "folders" | "messages" | "hashes" | "files" = "none";
  #folders = new Map<ByteText, ScannedFolder>();
  /** The folders of the batch that are not handed on yet, in order. */
  #waiting: ScannedFolder[] = [];
  #records: MessageRecords | undefined;
  #owner = "";
  #hashes = new Map<ByteText, string>();
  #lastPath: ByteText | undefined;
  /** Bytes that came since something was handed on: no more than those are held. */
  #heldBytes = 0;
  #allFolders = false;
  #ended = false;

  constructor(events: LedgerScanEvents) {
    this.#events = events;
  }

  /** True once the script's last record was read: without it the list was cut short. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next piece of output, of any length. Throws for what no script prints, and when one Maildir or record has no end. */
  feed(chunk: Buffer): void {
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > heldBytesAtMost) {
      this.#begun = [];
      throw new Error(
        `ledger scan: more than ${heldBytesAtMost / 1024 ** 2} MiB of one Maildir, or without an end`,
      );
    }
    let at = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, at)) {
      if (this.#begun.length === 0) this.#takeRecord(chunk, at, end);
      else {
        const record = Buffer.concat([...this.#begun, chunk.subarray(at, end + 1)]);
        this.#begun = [];
        this.#takeRecord(record, 0, record.length - 1);
      }
      at = end + 1;
    }
    if (at < chunk.length) this.#begun.push(chunk.subarray(at));
  }

  /** Takes what lies from `at` to the NUL at `end`. */
  #takeRecord(bytes: Buffer, at: number, end: number): void {
    if (this.#section === "messages" && end - at > 1) this.#takeMessage(bytes, at, end);
    else if (end > at) this.#take(bytes.subarray(at, end));
  }

  #takeMessage(bytes: Buffer, at: number, end: number): void {
    if (bytes[end - 1] === slash) {
      this.#takeControl(bytes, at, end - 1);
      return;
    }
    const slashes = bytes.lastIndexOf(slash, end) - 1;
    if (this.#records?.take(bytes, at, slashes, end, this.#owner)) return;
    if (slashes > at && bytes[slashes] === slash) {
      const nameAt = bytes.lastIndexOf(slash, slashes - 1) + 1;
      const directory = bytes.toString("latin1", at, Math.max(at, nameAt));
      if (!/\/(cur|new)\/$/.test(directory)) throw unlikeMessage(bytes, at, end);
      this.#records = new MessageRecords(directory);
      this.#enter(directory, directory.slice(0, -"cur/".length)).parts.push(this.#records);
      if (this.#records.take(bytes, at, slashes, end, this.#owner)) return;
    }
    throw unlikeMessage(bytes, at, end);
  }

  #takeControl(bytes: Buffer, at: number, end: number): void {
    const slashes = bytes.indexOf("//", at, "latin1");
    if (slashes < at || slashes + 2 > end) throw unlikeMessage(bytes, at, end);
    const path = bytes.toString("latin1", at, slashes);
    const name = path.lastIndexOf("/") + 1;
    if (!controlFiles.has(path.slice(name))) throw unlikeMessage(bytes, at, end);
    const { controls } = this.#enter(path, path.slice(0, name));
    controls.set(path.slice(name), Buffer.from(bytes.subarray(slashes + 2, end)));
  }

  /** Comes to something of a folder at `place`, and hands on the folders that nothing can follow of any more. */
  #enter(place: ByteText, of: ByteText): ScannedFolder {
    const folder = this.#folders.get(of);
    if (folder === undefined) throw new Error(`ledger scan: something of no folder: ${place.slice(0, 200)}`);
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined || `${first.path}${lastOfFolder}` >= place) return folder;
      this.#waiting.shift();
      this.#handOn(first);
    }
  }

  #take(record: Buffer): void {
    const text = record.toString("latin1");
    switch (text) {
      case "B":
        this.#section = "folders";
        return;
      case "M":
        this.#section = "messages";
        return;
      case "E":
        this.#endBatch();
        return;
      case "Y0":
        this.#allFolders = true;
        return;
      case "H":
        this.#section = "hashes";
        this.#hashes = new Map();
        return;
      case "O":
        this.#section = "files";
        return;
      case "Z0":
        this.#ended = this.#allFolders;
        return;
      default:
        this.#takeIn(text);
    }
  }

  #takeIn(text: ByteText): void {
    if (this.#section === "hashes") this.#takeHash(text);
    else if (this.#section === "files") this.#takeFile(text);
    else if (this.#section === "folders" && text.startsWith("F./")) {
      const folder: ScannedFolder = { path: text.slice(1), controls: new Map(), parts: [] };
      this.#folders.set(folder.path, folder);
      this.#waiting.push(folder);
    } else if (this.#section === "folders" && /^U[0-9]*$/.test(text)) this.#owner = text.slice(1);
    else throw new Error(`ledger scan: unexpected record ${JSON.stringify(text.slice(0, 80))}`);
  }

  /** As `sha256sum -z` writes it. */
  #takeHash(record: string): void {
    const [, hash = "", path = ""] = /^([0-9a-f]{64}) [ *]\.\/(.*)$/s.exec(record) ?? [];
    this.#hashes.set(path, hash);
  }

  #takeFile(record: ByteText): void {
    const [, path = "", letter, size, target = ""] = /^\.\/(.*?)\/\/(.) ([0-9]+) (.*)$/s.exec(record) ?? [];
    const type = letter === "f" ? "file" : letter === "l" ? "link" : "other";
    const hash = (): string => (Number(size) === 0 ? hashOfNothing : (this.#hashes.get(path) ?? ""));
    const content = type === "link" ? target : type === "file" ? hash() : "";
    this.#heldBytes = 0;
    this.#events.onFile({ path, type, size: Number(size), content });
  }

  #endBatch(): void {
    for (const folder of this.#waiting) this.#handOn(folder);
    this.#section = "none";
    this.#folders = new Map();
    this.#waiting = [];
    this.#records = undefined;
  }

  #handOn({ path, controls, parts }: ScannedFolder): void {
    const evidence: FolderEvidence = {
      ...this.#placer.place(path.slice(2, -1)),
      uidlist: controls.get("dovecot-uidlist") ?? nothing,
      keywords: controls.get("dovecot-keywords") ?? nothing,
      subscriptions: controls.get("subscriptions") ?? nothing,
      messages: joined(parts.map(({ bytes }) => bytes)),
      count: parts.reduce((sum, { count }) => sum + count, 0),
    };
    // The same order as by `folderKey`: all of them begin with "./".
    if (this.#lastPath !== undefined && path <= this.#lastPath) {
      throw new Error(`ledger scan: folders out of order at ${path}`);
    }
    this.#lastPath = path;
    // What the script still said of it would be lost: now it is an error.
    this.#folders.delete(path);
    if (this.#records !== undefined && parts.includes(this.#records)) this.#records = undefined;
    this.#heldBytes = 0;
    this.#events.onFolder(evidence, tallyOf(parts));
  }
}

/** Some millions of messages with their hashes. */
const heldBytesAtMost = 1024 ** 3;

const controlFiles: ReadonlySet<ByteText> = new Set(["dovecot-uidlist", "dovecot-keywords", "subscriptions"]);

/** What comes last of all that a scan says of a folder. */
const lastOfFolder = "subscriptions//";

/** The SHA-256 of an empty file. */
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const slash = 47;
const nothing = Buffer.alloc(0);

function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
}

function unlikeMessage(bytes: Buffer, at: number, end: number): Error {
  return new Error(`ledger scan: no message: ${bytes.toString("latin1", at, Math.min(end, at + 200))}`);
}
