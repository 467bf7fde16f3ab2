import { createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { FakeFolder, FakeMailbox, FakeMessage } from "./fake-mailbox.ts";

/** What a fake server does with the next message of an APPEND. */
export type AppendTurn =
  | "take"
  /** The connection ends before the message is kept. */
  | "drop"
  /** The message is kept, and the connection ends before that is told. */
  | "keep-and-drop"
  | { readonly no: string };

export interface FakeImapOptions {
  readonly separator: string;
  readonly prefix?: string;
  readonly hasUidPlus?: boolean;
  /** One APPEND may bring several messages: all of them are kept, or none. */
  readonly hasMultiAppend?: boolean;
  /** The resources of everybody's only quota root, as `STORAGE 10 512`; without it the server knows no quotas. */
  readonly quota?: string;
  /** Keywords can't be kept. */
  readonly hasNoKeywords?: boolean;
  readonly onAppend?: (folder: string, body: Buffer) => AppendTurn;
  /** So many connections of one user at most. */
  readonly connectionsAtMost?: number;
}

/** An IMAP server on loopback that keeps mailboxes in memory; everybody's password is "canary". Ends with the test. */
export class FakeImapServer {
  readonly port: number;
  readonly mailboxes: Readonly<Record<string, FakeMailbox>>;
  /** All commands, without their tags and literals. */
  readonly heard: string[] = [];
  readonly options: FakeImapOptions;
  readonly sessions = new Set<Session>();

  static async start(
    mailboxes: Readonly<Record<string, FakeMailbox>>,
    options: FakeImapOptions,
  ): Promise<FakeImapServer> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FakeImapServer(server, mailboxes, options);
  }

  private constructor(
    server: Server,
    mailboxes: Readonly<Record<string, FakeMailbox>>,
    options: FakeImapOptions,
  ) {
    this.options = options;
    this.mailboxes = mailboxes;
    const address = server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    server.on("connection", (socket) => {
      const session = new Session(this, socket);
      this.sessions.add(session);
      socket.once("close", () => this.sessions.delete(session));
    });
    onTestFinished(async () => {
      for (const session of this.sessions) session.end();
      await new Promise((resolve) => server.close(resolve));
    });
  }
}

class Session {
  readonly #server: FakeImapServer;
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  /** What came of a command that is not whole yet, without its literals. */
  #begun = "";
  #literals: Buffer[] = [];
  /** Of the literal that comes next; undefined when a line does. */
  #literalBytes: number | undefined;
  #mailbox: FakeMailbox | undefined;
  #folder: FakeFolder | undefined;
  user: string | undefined;

  constructor(server: FakeImapServer, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => this.#receive(chunk));
    this.#say(`* OK [CAPABILITY ${this.#capabilities()}] ready`);
  }

  end(): void {
    this.#socket.destroy();
  }

  #capabilities(): string {
    const plus = this.#server.options.hasUidPlus === false ? "" : " UIDPLUS";
    const multi = this.#server.options.hasMultiAppend === true ? " MULTIAPPEND" : "";
    const quota = this.#server.options.quota === undefined ? "" : " QUOTA";
    return `IMAP4rev1 LITERAL+ NAMESPACE SPECIAL-USE${plus}${multi}${quota}`;
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (!this.#socket.destroyed) {
      if (this.#literalBytes !== undefined) {
        if (this.#received.length < this.#literalBytes) return;
        this.#literals.push(Buffer.from(this.#received.subarray(0, this.#literalBytes)));
        this.#received = this.#received.subarray(this.#literalBytes);
        this.#literalBytes = undefined;
      }
      const at = this.#received.indexOf("\r\n");
      if (at === -1) return;
      const line = this.#received.subarray(0, at).toString("latin1");
      this.#received = this.#received.subarray(at + 2);
      const [, text, bytes, plus] = /^(.*)~?\{([0-9]+)(\+?)\}$/.exec(line) ?? [];
      if (text !== undefined) {
        if (plus === "") this.#say("+ go on");
        this.#begun += text;
        this.#literalBytes = Number(bytes);
        continue;
      }
      const [command, literals] = [this.#begun + line, this.#literals];
      this.#begun = "";
      this.#literals = [];
      this.#obey(command, literals);
    }
  }

  #say(...lines: readonly (string | Buffer)[]): void {
    for (const line of lines) this.#socket.write(typeof line === "string" ? `${line}\r\n` : line);
  }

  #obey(line: string, literals: readonly Buffer[]): void {
    const tag = line.split(" ")[0] ?? "";
    const said = line.slice(tag.length + 1);
    this.#server.heard.push(said.replace(/^LOGIN .*/, "LOGIN"));
    const words = wordsOf(said);
    const isByUid = words[0]?.toUpperCase() === "UID";
    const [name = "", ...args] = isByUid ? words.slice(1) : words;
    const answer = this.#answers[name.toUpperCase()]?.(args, literals);
    if (this.#socket.destroyed) return;
    if (answer === undefined) this.#say(`${tag} BAD what is ${name}?`);
    else this.#say(...answer.slice(0, -1), `${tag} ${answer.at(-1)}`);
    if (name.toUpperCase() === "LOGOUT") this.#socket.end();
  }

  /** What is said to each command: untagged lines, then the tagged one without its tag. */
  readonly #answers: Readonly<
    Record<string, (args: string[], literals: readonly Buffer[]) => (string | Buffer)[] | undefined>
  > = {
    CAPABILITY: () => [`* CAPABILITY ${this.#capabilities()}`, "OK"],
    GETQUOTAROOT: ([path = ""]) => {
      const { quota } = this.#server.options;
      return quota === undefined
        ? undefined
        : [`* QUOTAROOT ${path} "User quota"`, `* QUOTA "User quota" (${quota})`, "OK"];
    },
    LOGIN: ([user = "", password = ""]) => this.#logIn(user, password),
    NAMESPACE: () => {
      const { prefix = "", separator } = this.#server.options;
      return [`* NAMESPACE (("${prefix}" "${separator}")) NIL (("Shared${separator}" "${separator}"))`, "OK"];
    },
    LIST: ([, pattern = ""]) => [...this.#list("LIST", pattern), "OK"],
    LSUB: ([, pattern = ""]) => [...this.#list("LSUB", pattern), "OK"],
    CREATE: ([name = ""]) => {
      if (this.#mailbox?.folders.has(name)) return ["NO [ALREADYEXISTS] it is there"];
      this.#mailbox?.create(name);
      return ["OK"];
    },
    SUBSCRIBE: ([name = ""]) => [this.#mailbox?.subscribed.add(name) ? "OK" : "NO"],
    UNSUBSCRIBE: ([name = ""]) => [this.#mailbox?.subscribed.delete(name) === undefined ? "NO" : "OK"],
    SELECT: ([name = ""]) => this.#open(name, "READ-WRITE"),
    EXAMINE: ([name = ""]) => this.#open(name, "READ-ONLY"),
    NOOP: () => ["OK"],
    FETCH: ([set = "", ...items]) => [...this.#fetch(set, items.join(" ")), "OK"],
    STORE: ([set = "", , flags = ""]) => {
      for (const message of this.#chosen(set)) message.flags = this.#keepable(listOf(flags));
      return ["OK"];
    },
    APPEND: ([name = "", ...rest], literals) => this.#append(name, rest, literals),
    LOGOUT: () => ["* BYE", "OK"],
  };

  #logIn(user: string, password: string): string[] {
    const { mailboxes, options, sessions } = this.#server;
    const name = user.split("*")[0] ?? "";
    const mailbox = mailboxes[name];
    if (mailbox === undefined || password !== "canary") return ["NO [AUTHENTICATIONFAILED] wrong"];
    const others = [...sessions].filter((session) => session.user === name).length;
    if (others >= (options.connectionsAtMost ?? 99)) return ["NO [LIMIT] too many connections"];
    this.user = name;
    this.#mailbox = mailbox;
    return ["OK"];
  }

  #list(word: "LIST" | "LSUB", pattern: string): string[] {
    const { separator } = this.#server.options;
    if (pattern === "") return [`* LIST (\\Noselect) "${separator}" ""`];
    const { folders, subscribed } = this.#mailbox ?? { folders: new Map<string, FakeFolder>() };
    const names = [...folders].filter(([name]) => pattern.endsWith("*") || name === pattern);
    return names.flatMap(([name, { specialUse = "" }]) =>
      word === "LSUB" && subscribed?.has(name) !== true
        ? []
        : [`* ${word} (${specialUse}) "${separator}" "${name}"`],
    );
  }

  #open(name: string, access: string): string[] {
    const folder = this.#mailbox?.folders.get(name);
    if (folder === undefined) return ["NO [NONEXISTENT] no such folder"];
    this.#folder = folder;
    const more = this.#server.options.hasNoKeywords ? "" : " \\*";
    const permanent = access === "READ-ONLY" ? "" : `\\Answered \\Flagged \\Deleted \\Seen \\Draft${more}`;
    return [
      `* ${folder.messages.length} EXISTS`,
      `* OK [PERMANENTFLAGS (${permanent})] flags`,
      `* OK [UIDVALIDITY ${folder.uidValidity}] valid`,
      `* OK [UIDNEXT ${folder.uidNext}] next`,
      `OK [${access}] open`,
    ];
  }

  #fetch(set: string, items: string): (string | Buffer)[] {
    return this.#chosen(set).flatMap((message) => {
      const { uid, flags, date, body } = message;
      const parts: (string | Buffer)[] = [`* ${this.#sequence(message)} FETCH (UID ${uid}`];
      const add = (text: string) => parts.push(` ${text}`);
      if (items.includes("FLAGS")) add(`FLAGS (${flags.join(" ")})`);
      if (items.includes("RFC822.SIZE")) add(`RFC822.SIZE ${body.length}`);
      if (items.includes("INTERNALDATE")) add(`INTERNALDATE "${date}"`);
      for (const [, section = ""] of items.matchAll(/BODY\.PEEK\[([^\]]*)\]/g)) {
        const bytes = sectionOf(body, section);
        add(`BODY[${section}] {${bytes.length}}\r\n`);
        parts.push(bytes);
      }
      return [Buffer.concat([...parts.map((part) => Buffer.from(part)), Buffer.from(")\r\n")])];
    });
  }

  #sequence(message: FakeMessage): number {
    return (this.#folder?.messages.indexOf(message) ?? 0) + 1;
  }

  /** Sequence numbers are asked for only as `1:*`, which means the same in UIDs. */
  #chosen(set: string): FakeMessage[] {
    const ranges = set.split(",").map((range) => range.split(":"));
    const messages = this.#folder?.messages ?? [];
    return messages.filter(({ uid }) =>
      ranges.some(([from, to = from]) => uid >= Number(from) && (to === "*" || uid <= Number(to))),
    );
  }

  #keepable(flags: readonly string[]): string[] {
    return flags.filter((flag) => flag.startsWith("\\") || !this.#server.options.hasNoKeywords);
  }

  #append(name: string, rest: readonly string[], bodies: readonly Buffer[]): string[] | undefined {
    const { onAppend, hasMultiAppend, hasUidPlus } = this.#server.options;
    if (bodies.length !== 1 && hasMultiAppend !== true) return undefined;
    const folder = this.#mailbox?.folders.get(name);
    if (folder === undefined) return ["NO [TRYCREATE] no such folder"];
    const turns = bodies.map((body) => onAppend?.(name, body) ?? "take");
    for (const turn of turns) if (typeof turn === "object") return [`NO ${turn.no}`];
    if (turns.includes("drop")) {
      this.end();
      return [];
    }
    const uids = bodies.map((body, index) => {
      const [flags = "", date = ""] = rest.slice(2 * index);
      return this.#mailbox?.add(name, body, this.#keepable(listOf(flags)), date);
    });
    if (turns.includes("keep-and-drop")) {
      this.end();
      return [];
    }
    const set = uids.length === 1 ? uids[0] : `${uids[0]}:${uids.at(-1)}`;
    const told = hasUidPlus === false ? "" : `[APPENDUID ${folder.uidValidity} ${set}] `;
    const exists = folder === this.#folder ? [`* ${folder.messages.length} EXISTS`] : [];
    return [...exists, `OK ${told}kept`];
  }
}

function sectionOf(body: Buffer, section: string): Buffer {
  if (section === "") return body;
  const header = body.subarray(0, body.indexOf("\r\n\r\n") + 4);
  if (section.toUpperCase() === "HEADER") return header;
  const lines = header.toString("latin1").split("\r\n");
  return Buffer.from(`${lines.filter((line) => /^message-id:/i.test(line)).join("\r\n")}\r\n\r\n`);
}

function listOf(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

/** Atoms, quoted strings without their quotes, and what stands in brackets without them. */
function wordsOf(text: string): string[] {
  const words = text.matchAll(/"((?:[^"\\]|\\.)*)"|\(((?:[^()]|\([^()]*\))*)\)|([^\s()"]+(?:\[[^\]]*\])?)/g);
  return [...words].map(([, quoted, list, atom]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? list ?? atom ?? "");
}
