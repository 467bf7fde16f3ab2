import { randomBytes } from "node:crypto";
import type { RunOptions } from "../contract/host.ts";
import { BecomeQuestion, becomeFailure } from "./become.ts";
import { type Command, commandScript } from "./command-script.ts";
import { LinkLost } from "./errors.ts";
import { FrameReader, type Sink } from "./frame-reader.ts";
import type { Link, ShellProcess } from "./link.ts";
import { type LoginMarks, loginCommand } from "./login-command.ts";
import { relayedScript } from "./relay.ts";
import type { ShellUser } from "./shell-user.ts";

/** Where a command's output goes, as it comes. */
export interface OutputSinks {
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/**
 * How a command is put into a shell. `once`: the shell is used up. `kept`: it stays for the next command. `relayed`: so too,
 * and the command may leave processes behind that go on writing.
 */
export type ShellUse = "once" | "kept" | "relayed";

/** A /bin/sh on a host that runs one command after the other, as one user. */
export class HostShell {
  readonly #process: ShellProcess;
  readonly #stdout = new FrameReader();
  readonly #stderr = new FrameReader();
  readonly #ready: Promise<string>;
  readonly #asksPassword: boolean;
  readonly #fence: string;
  #ended = false;
  #pid: number | undefined;
  readonly #relayMark = `m${randomWord()}:`;
  #relayedCommands = 0;
  #settled: Promise<boolean> = Promise.resolve(true);

  private constructor(process: ShellProcess, user: ShellUser, marks: LoginMarks) {
    this.#process = process;
    this.#fence = marks.fence;
    this.#asksPassword = user.become?.password !== undefined;
    this.#listen();
    this.#ready = this.#becomeReady(user, marks);
    this.#ready.catch(() => {});
  }

  /** Starts a shell. Doesn't wait for it to answer: the first command is sent right behind. */
  static async start(
    link: Link,
    user: ShellUser,
    options?: { readonly spare?: boolean },
  ): Promise<HostShell> {
    const word = randomWord();
    const marks = { ready: `r${word}:`, prompt: `p${word}:`, fence: `f${word}:` };
    const { line } = loginCommand(user.loginUser, user.become, marks);
    return new HostShell(await link.start(line, options), user, marks);
  }

  /** The process id on the host, once the shell has answered. */
  get pid(): number | undefined {
    return this.#pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** True when the last command left nothing behind that still writes; to be asked before the next command. */
  get settled(): Promise<boolean> {
    return this.#settled;
  }

  /** Runs one command and resolves with its exit code. Throws LinkLost when the shell goes away before it has told one. */
  async execute(command: Command, options: RunOptions, use: ShellUse, sinks: OutputSinks): Promise<number> {
    if (this.#asksPassword) await this.#ready;
    const end = `e${randomWord()}:`;
    const stdin = options.stdin === undefined ? undefined : Buffer.from(options.stdin);
    const shell = use === "once" ? "once" : "kept";
    const script = commandScript(command, options, { end, shell, inputBytes: stdin?.length });
    const toRun =
      use === "relayed" ? relayedScript(script, this.#relayMark, this.#relayedCommands++) : script;
    const input = this.#process.stdin;
    input.write(`${this.#fence}${toRun.split("\n").length - 1}\n${toRun}`);
    if (stdin !== undefined) input.write(stdin);
    if (use === "once") input.end();
    await this.#ready;
    const [code] = await Promise.all([
      this.#stdout.until(end, sinks.stdout),
      this.#stderr.until(end, sinks.stderr),
    ]);
    if (code === undefined) throw new LinkLost("the shell ended before the command's exit code came", false);
    if (use === "relayed") this.#settled = this.#settle();
    return Number(code);
  }

  /** Lets go of the shell; an idle one ends, a running command goes on. */
  close(): void {
    this.#process.destroy();
  }

  /**
   * Lets go of a shell that ends by itself, once it has: sshd counts a session until its program has ended, and refuses
   * the next one when there are too many.
   */
  leave(): void {
    void this.#process.exited.then(() => this.close());
  }

  /** Resolves when the shell is over. */
  get closed(): Promise<void> {
    return this.#process.closed;
  }

  #listen(): void {
    const { stdin, stdout, stderr, closed } = this.#process;
    stdout.on("data", (chunk: Buffer) => this.#stdout.push(chunk));
    stderr.on("data", (chunk: Buffer) => this.#stderr.push(chunk));
    // A broken pipe shows as an end of the outputs; that is where it is told from.
    for (const stream of [stdin, stdout, stderr]) stream.on("error", () => {});
    void closed.then(() => {
      this.#ended = true;
      this.#stdout.end();
      this.#stderr.end();
    });
  }

  async #becomeReady(user: ShellUser, marks: LoginMarks): Promise<string> {
    const question = new BecomeQuestion(user, marks.prompt, (answer) => {
      if (answer === undefined) this.#process.destroy();
      else this.#process.stdin.write(answer);
    });
    const [pid, noise] = await Promise.all([
      this.#stdout.until(marks.ready, () => {}),
      this.#stderr.until(marks.ready, (bytes) => question.hear(bytes)),
    ]);
    if (pid === undefined || noise === undefined) throw becomeFailure(user, question);
    this.#pid = Number(pid);
    return pid;
  }

  async #settle(): Promise<boolean> {
    const said = await Promise.all(
      [this.#stdout, this.#stderr].map((output) => output.until(this.#relayMark, () => {})),
    );
    return said.every((rest) => rest !== undefined);
  }
}

function randomWord(): string {
  return randomBytes(12).toString("base64url");
}
