import { type ByteText, compareBytes } from "./byte-text.ts";
import type { Uidlist } from "./dovecot-uidlist.ts";
import type { NameOf } from "./merge-control-files.ts";
import { type ListedMessage, messageKey } from "./message-listing.ts";
import { isPlain } from "./plain-path.ts";

/**
 * Names a host's messages by their GUIDs, which stay when a message goes from one format to another and back, while the names of its
 * files don't. Usually a GUID is the base name; `uidlists` are those of the folders, by path, where it is not.
 */
export class GuidNames {
  readonly #uidlists: ReadonlyMap<ByteText, Uidlist>;
  readonly #named = new Map<ByteText, Map<ByteText, ByteText>>();

  constructor(uidlists: ReadonlyMap<ByteText, Uidlist> = new Map()) {
    this.#uidlists = uidlists;
  }

  /** Gives messages in the order of `messageKey` with their names, in the order that these have. Holds one folder at a time. */
  async *name(messages: AsyncIterable<ListedMessage>): AsyncGenerator<ListedMessage> {
    let folder: ListedMessage[] = [];
    for await (const message of messages) {
      if (folder[0] !== undefined && folder[0].folder !== message.folder) {
        yield* this.#nameFolder(folder);
        folder = [];
      }
      if (this.#uidlists.has(message.folder)) folder.push(message);
      else yield message;
    }
    yield* this.#nameFolder(folder);
  }

  /** What the messages of a folder are called that `name` has given. */
  namesIn(folder: ByteText): NameOf {
    if (!this.#uidlists.has(folder)) return (base) => base;
    const named = this.#named.get(folder);
    return (base) => named?.get(base);
  }

  /** A copy within a folder has the GUID of its original: the UID tells them apart, on every host alike. */
  #nameFolder(messages: readonly ListedMessage[]): readonly ListedMessage[] {
    const [first] = messages;
    const uidlist = this.#uidlists.get(first?.folder ?? "");
    if (first === undefined || uidlist === undefined) return messages;
    const uidOf = ({ base }: ListedMessage): number => uidlist.uids.get(base) ?? Number.POSITIVE_INFINITY;
    const names = new Map<ByteText, ByteText>();
    const taken = new Set<ByteText>();
    for (const message of messages.toSorted((one, other) => uidOf(one) - uidOf(other))) {
      if (names.has(message.base)) continue;
      const told = uidlist.guids.get(message.base);
      const guid = told !== undefined && canBeNamed(told) ? told : message.base;
      const name = taken.has(guid) ? copyName(guid, uidOf(message)) : guid;
      taken.add(name);
      names.set(message.base, name);
    }
    this.#named.set(first.folder, names);
    return messages
      .map((message) => ({ ...message, name: names.get(message.base) }))
      .sort((one, other) => compareBytes(messageKey(one), messageKey(other)));
  }
}

/** What a host says is data: a name that leads elsewhere is none, nor is one whose file would be no message, or another one. */
function canBeNamed(guid: ByteText): boolean {
  return isPlain(guid) && !/^\.|[/:]/.test(guid);
}

/** Sizes stand at the end of a name (`,S=…,W=…`), where Dovecot looks for them. */
function copyName(guid: ByteText, uid: number): ByteText {
  const comma = guid.indexOf(",");
  return comma === -1 ? `${guid}.${uid}` : `${guid.slice(0, comma)}.${uid}${guid.slice(comma)}`;
}
