import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A mail root that a server seems to work in: deliveries, flags, moves, folders that come and go. */
export class MailRoot {
  readonly root: string;
  readonly #random: () => number;
  #count = 0;

  constructor(root: string, random: () => number) {
    this.root = root;
    this.#random = random;
    for (let user = 0; user < 5; user += 1) this.addUser();
    for (let message = 0; message < 60; message += 1) this.deliver();
  }

  /** Does one thing of many, some of them often. */
  change(): void {
    const often = [
      this.deliver,
      this.deliver,
      this.setFlags,
      this.setFlags,
      this.read,
      this.expunge,
      this.move,
      this.copy,
    ];
    const seldom = [
      this.addFolder,
      this.renameFolder,
      this.deleteFolder,
      this.addUser,
      this.writeControlFile,
    ];
    const odd = [
      this.deleteUser,
      this.dateBack,
      this.changeMode,
      this.script,
      this.uneven,
      this.leaveTemporary,
    ];
    const share = this.#random();
    const kind = share < 0.75 ? often : share < 0.93 ? seldom : odd;
    this.#pick(kind)?.call(this);
  }

  addUser(): void {
    this.#count += 1;
    const maildir = join(this.root, `${this.#pick(["a.org", "b.org"])}`, `user ${this.#count}`, "Maildir");
    this.#makeFolder(maildir);
    writeFileSync(join(maildir, "subscriptions"), "INBOX\n");
  }

  /** Gives the folder back. */
  deliver(): string | undefined {
    const folder = this.#pick(this.#folders());
    if (folder === undefined) return undefined;
    this.#count += 1;
    const name = `17000${this.#count}.M${this.#count}P7.mail,S=${this.#count % 90}`;
    writeFileSync(join(folder, "tmp", name), "x".repeat(this.#count % 90));
    renameSync(join(folder, "tmp", name), join(folder, "new", name));
    this.#writeList(folder);
    return folder;
  }

  read(): void {
    this.#onMessage((folder, path, name) => {
      renameSync(path, join(folder, "cur", `${name.split(":")[0]}:2,S`));
    });
  }

  setFlags(): void {
    this.#onMessage((folder, path, name) => {
      const flags = this.#pick(["", "F", "FS", "RS", "S", "Sa", "ST"]);
      renameSync(path, join(folder, "cur", `${name.split(":")[0]}:2,${flags}`));
    });
  }

  expunge(): void {
    this.#onMessage((_folder, path) => rmSync(path));
  }

  move(): void {
    const to = this.#pick(this.#folders());
    this.#onMessage((_folder, path, name) => {
      if (to !== undefined) renameSync(path, join(to, "cur", name.includes(":") ? name : `${name}:2,`));
    });
  }

  /** As Dovecot copies: by a hard link under another name. */
  copy(): void {
    const to = this.#pick(this.#folders());
    this.#onMessage((_folder, path, name) => {
      this.#count += 1;
      const [, flags = ""] = name.split(":");
      if (to !== undefined) linkSync(path, join(to, "cur", `17500${this.#count}.C.mail:${flags || "2,"}`));
    });
  }

  addFolder(): void {
    const maildir = this.#pick(this.#maildirs());
    this.#count += 1;
    const name = this.#pick([
      `.Folder.${this.#count}`,
      `fs ${this.#count}/new`,
      "cur",
      `.R\u00e4tsel-${this.#count}`,
    ]);
    if (maildir !== undefined && name !== undefined && name !== "cur") this.#makeFolder(join(maildir, name));
  }

  renameFolder(): void {
    const folder = this.#pick(this.#subfolders());
    this.#count += 1;
    if (folder !== undefined) renameSync(folder, `${folder}-${this.#count}`);
  }

  deleteFolder(): void {
    const folder = this.#pick(this.#subfolders());
    if (folder !== undefined) rmSync(folder, { recursive: true });
  }

  deleteUser(): void {
    const maildirs = this.#maildirs();
    const maildir = maildirs.length > 3 ? this.#pick(maildirs) : undefined;
    if (maildir !== undefined) rmSync(join(maildir, ".."), { recursive: true });
  }

  /** A control file of the same length, in its place. */
  writeControlFile(): void {
    const folder = this.#pick(this.#folders());
    if (folder === undefined) return;
    const file = join(
      folder,
      this.#pick(["dovecot-keywords", "dovecot-uidlist", "dovecot.index.log"]) ?? "x",
    );
    writeFileSync(file, String(1000 + Math.floor(this.#random() * 8999)));
  }

  /** A clock that was set back: the folder has the time again that it had before it changed. */
  dateBack(): void {
    const folder = this.#pick(this.#folders());
    if (folder === undefined) return;
    const inside = join(folder, "cur");
    const { atime, mtime } = statSync(inside);
    this.#count += 1;
    writeFileSync(join(inside, `16000${this.#count}.back:2,`), "back");
    utimesSync(inside, atime, mtime);
  }

  changeMode(): void {
    const folder = this.#pick(this.#folders());
    if (folder !== undefined) chmodSync(join(folder, "cur"), this.#pick([0o700, 0o750, 0o770]) ?? 0o700);
  }

  script(): void {
    const maildir = this.#pick(this.#maildirs());
    if (maildir === undefined) return;
    const home = join(maildir, "..");
    mkdirSync(join(home, "sieve"), { recursive: true });
    appendFileSync(join(home, "sieve", this.#pick(["a.sieve", "-b.sieve", "c\nd.sieve"]) ?? "x"), "keep;");
  }

  /** Two names of one message, as a server that was killed leaves them. What stands under a base name never changes. */
  uneven(): void {
    this.#onMessage((folder, path, name) => {
      const twin = join(folder, "cur", `${name.split(":")[0]}:2,PT`);
      if (!existsSync(twin)) linkSync(path, twin);
    });
  }

  leaveTemporary(): void {
    const folder = this.#pick(this.#folders());
    this.#count += 1;
    if (folder !== undefined) writeFileSync(join(folder, "tmp", `15000${this.#count}.left`), "left");
  }

  #makeFolder(folder: string): void {
    for (const inside of ["cur", "new", "tmp"]) mkdirSync(join(folder, inside), { recursive: true });
  }

  #writeList(folder: string): void {
    const list = join(folder, "dovecot-uidlist");
    appendFileSync(list, `${this.#count} :line\n`);
  }

  #onMessage(act: (folder: string, path: string, name: string) => void): void {
    const folder = this.#pick(this.#folders());
    const inside = this.#pick(["cur", "cur", "new"]);
    if (folder === undefined || inside === undefined) return;
    const name = this.#pick(readdirSync(join(folder, inside)));
    if (name !== undefined) act(folder, join(folder, inside, name), name);
  }

  #maildirs(): string[] {
    return readdirSync(this.root).flatMap((domain) =>
      readdirSync(join(this.root, domain)).map((user) => join(this.root, domain, user, "Maildir")),
    );
  }

  #subfolders(): string[] {
    return this.#folders().filter((folder) => !folder.endsWith("/Maildir"));
  }

  #folders(): string[] {
    return this.#maildirs().flatMap((maildir) =>
      readdirSync(maildir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.name === "cur" && entry.isDirectory())
        .map(({ parentPath }) => parentPath),
    );
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }
}
