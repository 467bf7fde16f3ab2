import { CommandFailed } from "../../contract/errors.ts";
import type {
  CommandResult,
  FileEntry,
  FileStat,
  HostFacts,
  HostReader,
  HostWriter,
  JobSpec,
  RunOptions,
  Tunnel,
  WriteOptions,
} from "../../contract/host.ts";
import { answerOfCoreCommand } from "./core-commands.ts";
import { type FakeEntry, FakeTree } from "./fake-tree.ts";

/** What a command answers: its standard output, more than that, or an error to throw (a lost link, for instance). */
export type FakeAnswer =
  | string
  | {
      readonly exitCode?: number;
      readonly stdout?: string | Buffer;
      readonly stderr?: string;
    }
  | Error;

/** A command or job as the host got it. */
export interface FakeCall {
  readonly kind: "probe" | "run" | "job";
  readonly argv: readonly string[];
  readonly options: RunOptions;
}

/** An answer for every command that begins with `argv`; a function may return undefined to leave it to the next. */
export interface FakeCommand {
  readonly argv: readonly string[];
  readonly answer: FakeAnswer | ((call: FakeCall, host: FakeHost) => FakeAnswer | undefined);
}

export interface FakeHostOptions {
  readonly name?: string;
  readonly address?: string;
  readonly facts?: Partial<HostFacts>;
  /** Content by path, or an entry with more; directories above are made. */
  readonly files?: Readonly<Record<string, string | Buffer | Partial<FakeEntry>>>;
  /** The first that matches answers; then mkdir, chmod, chown, rm, ln, mv and cp on the tree; then it is an error. */
  readonly commands?: readonly FakeCommand[];
  /** Where a tunnel leads; without it, to the address and port itself. May throw. */
  readonly tunnel?: (address: string, port: number) => { readonly host: string; readonly port: number };
}

/** A host in memory for unit tests. It holds files, answers commands by script, and remembers all that was asked of it. */
export class FakeHost implements HostWriter {
  readonly name: string;
  readonly address: string;
  readonly facts: HostFacts;
  readonly tree: FakeTree;
  /** Every probe, run and job in order. */
  readonly commands: FakeCall[] = [];
  /** Every writeFile in order. */
  readonly writes: { readonly path: string; readonly content: Buffer; readonly options: WriteOptions }[] = [];
  readonly #answers: FakeCommand[];
  readonly #tunnel: NonNullable<FakeHostOptions["tunnel"]>;

  constructor(options: FakeHostOptions = {}) {
    this.name = options.name ?? "mail-new";
    this.address = options.address ?? "192.0.2.20";
    this.facts = { ...debianFacts, hostname: this.name, ...options.facts } as HostFacts;
    this.tree = new FakeTree(options.files ?? {});
    this.#answers = [...(options.commands ?? [])];
    this.#tunnel = options.tunnel ?? ((host, port) => ({ host, port }));
  }

  /** The same host as `check` and `look` get it: every way to change it throws. */
  reader(): HostReader {
    return new Proxy<HostReader>(this, {
      get: (target, word) => {
        if (word === "run" || word === "writeFile" || word === "runJob") {
          throw new Error(`fake host: ${word} was asked of a host that may only be read`);
        }
        const value: unknown = Reflect.get(target, word, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** Puts an answer before all others. */
  answer(argv: readonly string[], answer: FakeCommand["answer"]): void {
    this.#answers.unshift({ argv, answer });
  }

  /** The argv of all runs and jobs (not the probes), each joined by blanks. */
  changesRun(): string[] {
    return this.commands.filter(({ kind }) => kind !== "probe").map(({ argv }) => argv.join(" "));
  }

  async probe(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.#call({ kind: "probe", argv, options });
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.#call({ kind: "run", argv, options });
  }

  async runJob(spec: JobSpec): Promise<CommandResult> {
    const { argv, stdin, environment, accept, onLine } = spec;
    const result = this.#call({ kind: "job", argv, options: { stdin, environment, accept } });
    for (const line of result.stdout.toString("utf8").split(/[\r\n]+/)) {
      if (line !== "") onLine?.(line);
    }
    return result;
  }

  async stat(path: string): Promise<FileStat | undefined> {
    return this.tree.stat(path);
  }

  async readFile(path: string): Promise<Buffer | undefined> {
    return this.tree.read(path);
  }

  async lookAt(path: string): Promise<FileEntry | undefined> {
    const stat = this.tree.stat(path);
    if (stat === undefined) return undefined;
    return { stat, content: stat.type === "file" ? this.tree.read(path) : undefined };
  }

  async readText(path: string): Promise<string | undefined> {
    const content = this.tree.read(path);
    return content === undefined
      ? undefined
      : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  }

  async writeFile(path: string, content: Buffer | string, options: WriteOptions = {}): Promise<void> {
    const bytes = Buffer.from(content);
    this.writes.push({ path, content: bytes, options });
    this.tree.write(path, bytes, options);
  }

  async gatherFacts(): Promise<HostFacts> {
    return this.facts;
  }

  async openTunnel(address: string, port: number): Promise<Tunnel> {
    return { ...this.#tunnel(address, port), close: async () => {} };
  }

  #call(call: FakeCall): CommandResult {
    this.commands.push(call);
    const answer = this.#answerTo(call);
    if (answer instanceof Error) throw answer;
    const {
      exitCode = 0,
      stdout = "",
      stderr = "",
    } = typeof answer === "string" ? { stdout: answer } : answer;
    const result = { exitCode, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
    const accept = call.options.accept ?? [0];
    if (accept !== "any" && !accept.includes(exitCode)) {
      throw new CommandFailed(call.argv, result, { host: this.name });
    }
    call.options.onOutput?.(result.stdout);
    if (call.options.onStdout === undefined) return result;
    call.options.onStdout(result.stdout);
    return { ...result, stdout: Buffer.alloc(0) };
  }

  #answerTo(call: FakeCall): FakeAnswer {
    for (const { argv, answer } of this.#answers) {
      if (!argv.every((word, index) => call.argv[index] === word)) continue;
      const found = typeof answer === "function" ? answer(call, this) : answer;
      if (found !== undefined) return found;
    }
    const found = answerOfCoreCommand(call.argv, this.tree);
    if (found === undefined) throw new Error(`fake host: no answer for ${JSON.stringify(call.argv)}`);
    return found;
  }
}

const debianFacts: HostFacts = {
  hostname: "mail-new",
  nodename: "mail-new",
  fqdn: "mail-new.example.org",
  domain: "example.org",
  machine_id: "0123456789abcdef0123456789abcdef",
  kernel: "6.12.0-amd64",
  architecture: "x86_64",
  distribution: "debian",
  distribution_version: "13",
  distribution_codename: "trixie",
  init: "systemd",
  user: "root",
  uid: 0,
  clock: 1_700_000_000,
  clock_skew: 0,
  processors: 2,
  memory_bytes: 2_000_000_000,
  memory_free_bytes: 1_000_000_000,
  swap_bytes: 0,
  swap_free_bytes: 0,
  interfaces: ["lo", "eth0"],
  interface_details: {},
  default_ipv4: { address: "192.0.2.20", interface: "eth0" },
  default_ipv6: {},
  all_ipv4_addresses: ["192.0.2.20"],
  all_ipv6_addresses: [],
  mounts: [],
  versions: {},
};
