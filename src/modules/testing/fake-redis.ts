import { createHash } from "node:crypto";
import type { FakeAnswer, FakeCall, FakeHost } from "./fake-host.ts";

/** Values by key by database name ("db0"). */
export type FakeKeys = Record<string, Record<string, string>>;

export interface FakeRedisOptions {
  readonly version?: string;
  readonly password?: string;
  readonly appendOnly?: boolean;
}

/** A Redis in memory behind a fake host, with the staging server and the scripts that redis_copy runs there. */
export class FakeRedis {
  keys: FakeKeys;
  isRunning = true;
  /** Jobs by their script's last word, in order: "put", "restore". */
  readonly jobs: string[] = [];
  /** The server refuses what is put in its place. */
  refusesToStart = false;
  readonly #host: FakeHost;
  readonly #options: FakeRedisOptions;
  #staging: FakeKeys | undefined;
  #former: FakeKeys | undefined;

  constructor(host: FakeHost, keys: FakeKeys, options: FakeRedisOptions = {}) {
    this.keys = keys;
    this.#host = host;
    this.#options = options;
    host.answer(["sh", "-c"], (call) => this.#shell(call));
    host.answer(["sha256sum"], ({ argv }) => `${sha256(this.#read(argv[2] ?? ""))}  ${argv[2]}\n`);
    if (options.password !== undefined) {
      host.tree.put("/etc/redis/redis.conf", { content: Buffer.from(`requirepass "${options.password}"\n`) });
    }
  }

  #shell(call: FakeCall): FakeAnswer {
    const script = call.argv[2] ?? "";
    if (script.includes("redis-cli")) return this.#client(call);
    if (script.includes("staging.sock")) return this.#startStaging(call);
    if (script.includes("each aside")) return this.#put(call.argv.at(-1) ?? "");
    if (script.includes("each back")) return this.#restore();
    if (script.includes("each forget")) return "";
    throw new Error(`fake Redis: ${script}`);
  }

  #client({ argv, options }: FakeCall): FakeAnswer {
    const lines = String(options.stdin).trim().split("\n");
    const isStaging = argv.at(-1) === "staging.sock";
    const keys = isStaging ? this.#staging : this.isRunning ? this.keys : undefined;
    if (keys === undefined)
      return { exitCode: 1, stderr: "Could not connect to Redis: Connection refused\n" };
    const { password } = this.#options;
    const isIn = isStaging || password === undefined || lines[0] === `"AUTH" "${password}"`;
    let [database, replies] = ["db0", ""];
    for (const line of lines) {
      const words = [...line.matchAll(/"([^"]*)"/g)].map(([, word = ""]) => word);
      if (words[0] === "SELECT") database = `db${words[1]}`;
      replies += isIn ? `${this.#reply(words, keys, database)}\n` : "NOAUTH Authentication required.\n\n";
    }
    return replies;
  }

  #reply(words: readonly string[], keys: FakeKeys, database: string): string {
    const [word = "", what = ""] = words;
    const answers: Readonly<Record<string, () => string>> = {
      AUTH: () => "OK",
      SELECT: () => "OK",
      PING: () => "PONG",
      INFO: () => this.#info(what, keys),
      CONFIG: () => `${words[2]}\n${this.#setting(words[2] ?? "")}`,
      BGSAVE: () => this.#save(keys),
      SHUTDOWN: () => {
        this.#staging = undefined;
        return "";
      },
      EVAL: () => digest(keys[database] ?? {}),
    };
    return answers[word]?.() ?? `ERR unknown command '${word}'`;
  }

  #info(section: string, keys: FakeKeys): string {
    if (section === "server") return `redis_version:${this.#options.version ?? "8.0.2"}\r`;
    if (section === "persistence") return "rdb_bgsave_in_progress:0\r\nrdb_last_bgsave_status:ok\r";
    return Object.entries(keys)
      .map(([name, held]) => `${name}:keys=${Object.keys(held).length},expires=0\r`)
      .join("\n");
  }

  #setting(name: string): string {
    const appendonly = this.#options.appendOnly ? "yes" : "no";
    const settings = { dir: "/var/lib/redis", dbfilename: "dump.rdb", appendonly, appendfilename: "a.aof" };
    return (settings as Record<string, string>)[name] ?? "";
  }

  #save(keys: FakeKeys): string {
    this.#host.tree.put("/var/lib/redis/dump.rdb", { content: Buffer.from(JSON.stringify(keys)) });
    return "Background saving started";
  }

  #startStaging({ argv, options }: FakeCall): string {
    this.#staging = JSON.parse(this.#read(`${options.directory}/${argv.at(-1)}`).toString()) as FakeKeys;
    this.#host.tree.put(`${options.directory}/staging.sock`, { type: "other" });
    return "";
  }

  #put(dump: string): string {
    this.jobs.push("put");
    this.#former = this.keys;
    this.keys = JSON.parse(this.#read(dump).toString()) as FakeKeys;
    if (this.refusesToStart) this.keys = {};
    return "";
  }

  #restore(): string {
    this.jobs.push("restore");
    this.keys = this.#former ?? {};
    return "";
  }

  #read(path: string): Buffer {
    return this.#host.tree.read(path) ?? Buffer.alloc(0);
  }
}

/** As the digest's script answers: cursor, keys, sum, keys that go soon (here those named so). */
function digest(held: Readonly<Record<string, string>>): string {
  const lasting = Object.entries(held).filter(([key]) => !key.startsWith("soon:"));
  const sum = Number.parseInt(sha256(Buffer.from(JSON.stringify(lasting.sort()))).slice(0, 12), 16);
  return `0 ${lasting.length} ${lasting.length === 0 ? 0 : sum} ${Object.keys(held).length - lasting.length}`;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
