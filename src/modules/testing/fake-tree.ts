import { posix } from "node:path";
import type { FileStat, WriteOptions } from "../../contract/host.ts";

/** One entry of the fake file system. */
export interface FakeEntry {
  readonly type: FileStat["type"];
  readonly content: Buffer;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly modifiedAt: number;
  /** Where a symbolic link points. */
  readonly target?: string;
}

const numericIds: Readonly<Record<string, number>> = { root: 0, vmail: 5000, redis: 110, _rspamd: 111 };

/** A file system in memory: a map from absolute path to entry. */
export class FakeTree {
  readonly entries = new Map<string, FakeEntry>();

  constructor(files: Readonly<Record<string, string | Buffer | Partial<FakeEntry>>>) {
    this.put("/", { type: "directory" });
    for (const [path, given] of Object.entries(files)) {
      const isContent = typeof given === "string" || Buffer.isBuffer(given);
      this.put(path, isContent ? { content: Buffer.from(given) } : given);
    }
  }

  /** Makes or replaces an entry, and the directories above it. */
  put(path: string, entry: Partial<FakeEntry>): void {
    const parent = posix.dirname(path);
    if (path !== "/" && !this.entries.has(parent)) this.put(parent, { type: "directory" });
    const type = entry.type ?? "file";
    const mode = { directory: "0755", link: "0777", file: "0644", other: "0600" }[type];
    const usual = { mode, owner: "root", group: "root", modifiedAt: 1_700_000_000, content: Buffer.alloc(0) };
    this.entries.set(path, { ...usual, ...entry, type });
  }

  /** Changes some words of an entry that is there. */
  change(path: string, words: Partial<FakeEntry>): void {
    const entry = this.entries.get(path);
    if (entry === undefined) throw new Error(`fake host: nothing at ${path}`);
    this.entries.set(path, { ...entry, ...words });
  }

  write(path: string, content: Buffer, options: WriteOptions): void {
    if (this.entries.get(posix.dirname(path))?.type !== "directory") {
      throw new Error(`fake host: no directory ${posix.dirname(path)}`);
    }
    const { mode, owner, group } = this.entries.get(path) ?? { mode: "0644", owner: "root", group: "root" };
    this.put(path, {
      content,
      mode: options.mode ?? mode,
      owner: options.owner ?? owner,
      group: options.group ?? group,
    });
  }

  /** A file's content; follows a link as the real host does. */
  read(path: string): Buffer | undefined {
    const entry = this.entries.get(this.realPath(path));
    return entry?.type === "file" ? entry.content : undefined;
  }

  /** The path with every link on it followed; what is not there is left as it is. */
  realPath(path: string): string {
    if (path === "/") return path;
    const parent = this.realPath(posix.dirname(path));
    const plain = posix.join(parent, posix.basename(path));
    const target = this.entries.get(plain)?.target;
    return target === undefined ? plain : this.realPath(posix.resolve(parent, target));
  }

  /** The path itself and all below it. */
  under(path: string): string[] {
    return [...this.entries.keys()].filter((entry) => entry === path || entry.startsWith(`${path}/`));
  }

  /** The entry itself, as lstat sees it: links are followed on the way, not at the end. */
  stat(path: string): FileStat | undefined {
    const entry = this.entries.get(posix.join(this.realPath(posix.dirname(path)), posix.basename(path)));
    if (entry === undefined) return undefined;
    const { content, ...words } = entry;
    return {
      path,
      sizeBytes: content.length,
      uid: numericIds[entry.owner] ?? 1000,
      gid: numericIds[entry.group] ?? 1000,
      ...words,
    };
  }
}
