/** One entry of an archive. Names are bytes, as file systems have them. */
export interface TarEntry {
  readonly name: Buffer;
  readonly type: "file" | "directory";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** Of a file. */
  readonly content?: Buffer | undefined;
}

const blockBytes = 512;
const shortNameBytes = 100;

/** The bytes of one entry in the GNU tar format, which has no limit on the length of names. */
export function tarEntry(entry: TarEntry): Buffer {
  const content = entry.content ?? Buffer.alloc(0);
  const type = entry.type === "directory" ? "5" : "0";
  const own = [header(entry.name, type, content.length, entry), padded(content)];
  if (entry.name.length < shortNameBytes) return Buffer.concat(own);
  const longName = Buffer.concat([entry.name, Buffer.alloc(1)]);
  return Buffer.concat([
    header(Buffer.from("././@LongLink"), "L", longName.length, { mode: 0, uid: 0, gid: 0, modifiedAt: 0 }),
    padded(longName),
    ...own,
  ]);
}

/** The two empty blocks at the end of an archive. */
export const tarEnd = Buffer.alloc(2 * blockBytes);

function header(
  name: Buffer,
  type: string,
  size: number,
  { mode, uid, gid, modifiedAt }: Pick<TarEntry, "mode" | "uid" | "gid" | "modifiedAt">,
): Buffer {
  const block = Buffer.alloc(blockBytes);
  name.copy(block, 0, 0, shortNameBytes);
  block.write(`${octal(mode, 7)}\0${octal(uid, 7)}\0${octal(gid, 7)}\0`, 100, "ascii");
  block.write(`${octal(size, 11)}\0${octal(modifiedAt, 11)}\0        ${type}`, 124, "ascii");
  block.write("ustar  \0", 257, "ascii");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "ascii");
  return block;
}

function padded(content: Buffer): Buffer {
  const rest = content.length % blockBytes;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(blockBytes - rest)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
