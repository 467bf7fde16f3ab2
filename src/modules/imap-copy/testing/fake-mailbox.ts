/** A message of a fake mailbox. */
export interface FakeMessage {
  readonly uid: number;
  flags: string[];
  /** As INTERNALDATE is written: "01-Jan-2024 10:00:00 +0000". */
  readonly date: string;
  readonly body: Buffer;
}

/** A folder of a fake mailbox. */
export interface FakeFolder {
  uidValidity: number;
  uidNext: number;
  messages: FakeMessage[];
  readonly specialUse?: string | undefined;
}

/** A user's folders, by the names that go over the wire. */
export class FakeMailbox {
  readonly folders = new Map<string, FakeFolder>();
  readonly subscribed = new Set<string>();
  #uidValidity: number;

  /** Folders get UIDVALIDITYs from this one on. */
  constructor(uidValidity = 1000) {
    this.#uidValidity = uidValidity;
    this.create("INBOX");
  }

  create(name: string, specialUse?: string): FakeFolder {
    const folder = { uidValidity: this.#uidValidity++, uidNext: 1, messages: [], specialUse };
    this.folders.set(name, folder);
    return folder;
  }

  /** Adds a message to a folder, which is made when it is not there; gives its UID. */
  add(name: string, body: string | Buffer, flags: readonly string[] = [], date = usualDate): number {
    const folder = this.folders.get(name) ?? this.create(name);
    const uid = folder.uidNext++;
    folder.messages.push({ uid, flags: [...flags], date, body: Buffer.from(body) });
    return uid;
  }

  /** What each folder holds: the bodies' Message-IDs or first lines, with flags and date. */
  contents(): Record<string, string[]> {
    const lines = [...this.folders].map(([name, { messages }]) => {
      const told = messages.map(({ flags, date, body }) =>
        [subjectOf(body), ...flags.toSorted(), date].join(" "),
      );
      return [name, told.sort()] as const;
    });
    return Object.fromEntries(lines);
  }
}

export const usualDate = "01-Jan-2024 10:00:00 +0000";

/** A small message. Without a Message-ID when `id` is undefined. */
export function letter(id: string | undefined, subject = id ?? "none", size = 0): string {
  const header = id === undefined ? "" : `Message-ID: <${id}>\r\n`;
  return `${header}Subject: ${subject}\r\n\r\n${"x".repeat(size)}\r\n`;
}

function subjectOf(body: Buffer): string {
  return /^Subject: (.*)\r$/m.exec(body.toString("latin1"))?.[1] ?? "?";
}
