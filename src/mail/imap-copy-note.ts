/** The UIDVALIDITY of a folder on each side: UIDs mean something only while neither changes. */
export interface NoteHead {
  readonly old: string;
  readonly new: string;
}

/** What is known of a folder's messages that were copied. */
export interface CopyNote {
  /** New's UIDs by old's. */
  readonly copied: Map<number, number>;
  /** Old's UIDs of messages that were on their way when the note ended. */
  readonly begun: Set<number>;
}

/** The first line of a note. */
export function noteHeadLine({ old, new: current }: NoteHead): string {
  return `${JSON.stringify({ version: 1, old, new: current })}\n`;
}

/** A message is on its way. */
export function begunLine(uid: number): string {
  return `${uid} ?\n`;
}

/** A message is on new. */
export function copiedLine(uid: number, newUid: number): string {
  return `${uid} ${newUid}\n`;
}

/** New did not take a message. */
export function refusedLine(uid: number): string {
  return `${uid} -\n`;
}

/** Reads a note, up to the last whole line. One of other UIDVALIDITYs says nothing. */
export function readNote(text: string, head: NoteHead): CopyNote {
  const note: CopyNote = { copied: new Map(), begun: new Set() };
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  if (`${lines[0]}\n` !== noteHeadLine(head)) return note;
  for (const line of lines.slice(1)) {
    const [, uid, what] = /^([0-9]+) ([0-9]+|[?-])$/.exec(line) ?? [];
    if (uid === undefined || what === undefined) continue;
    if (what === "?") note.begun.add(Number(uid));
    else note.begun.delete(Number(uid));
    if (what !== "?" && what !== "-") note.copied.set(Number(uid), Number(what));
  }
  return note;
}
