import type { ByteText } from "./byte-text.ts";
import { isPlain, leadsOut } from "./plain-path.ts";

/** A message file as it lies below a mail root. */
export interface ListedMessage {
  /** The folder's directory, relative to the mail root: empty for the root itself. */
  readonly folder: ByteText;
  /** Its unique base name. */
  readonly base: ByteText;
  /** What it is known by where that is not its base name. */
  readonly name?: ByteText | undefined;
  readonly place: "cur" | "new";
  /** The rest of its name: empty, or `:2,` and the flags. */
  readonly rest: ByteText;
  readonly sizeBytes: number;
}

/** What messages are ordered and matched by. No path has two slashes inside. */
export function messageKey({
  folder,
  base,
  name = base,
}: Pick<ListedMessage, "folder" | "base" | "name">): ByteText {
  return `${folder}//${name}//`;
}

/** The path of a message, relative to the mail root. */
export function messagePath({ folder, base, place, rest }: Omit<ListedMessage, "sizeBytes">): ByteText {
  return `${folder === "" ? "" : `${folder}/`}${place}/${base}${rest}`;
}

/**
 * Reads records of the form `folder//base//place//rest//size`, NUL after each, in the order of `messageKey`. Throws a Failure
 * for one that is no file right in a folder's `cur` or `new`.
 */
export async function* readMessages(text: AsyncIterable<string>): AsyncGenerator<ListedMessage> {
  let left = "";
  for await (const chunk of text) {
    const records = (left + chunk).split("\0");
    left = records.pop() ?? "";
    for (const record of records) yield readMessage(record);
  }
}

function readMessage(record: ByteText): ListedMessage {
  const [folder = "", base = "", place, rest = "", size] = record.split("//");
  if ((place !== "cur" && place !== "new") || size === undefined) {
    throw new Error(`message listing: unexpected record ${JSON.stringify(record.slice(0, 200))}`);
  }
  const message: ListedMessage = { folder, base, place, rest, sizeBytes: Number(size) };
  if (`${base}${rest}`.includes("/") || !isPlain(messagePath(message))) throw leadsOut(record);
  return message;
}
