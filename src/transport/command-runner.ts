import { setTimeout as wait } from "node:timers/promises";
import { CommandFailed, type Failure, OutcomeUnknown, Unreachable } from "../contract/errors.ts";
import type { CommandResult, RunOptions } from "../contract/host.ts";
import { type Command, nameOf } from "./command-script.ts";
import { CommandTimedOut, interrupted, LinkLost, throwIfInterrupted } from "./errors.ts";
import { HostShell } from "./host-shell.ts";
import type { KeptShells } from "./kept-shells.ts";
import type { Link } from "./link.ts";
import { OutputCollector } from "./output-collector.ts";
import type { ShellUser } from "./shell-user.ts";

/** Where a runner gets its link from: made again when it was lost. */
export interface LinkSource {
  link(signal?: AbortSignal | undefined): Promise<Link>;
  readonly kept: KeptShells;
}

/** `repeatable` does no harm when it is done again after a lost link; `single` may, and is never done twice. */
export type Purpose = "repeatable" | "single";

/** Runs commands on one host as one user. */
export class CommandRunner {
  readonly user: ShellUser;
  readonly #source: LinkSource;
  readonly #timeoutMs: number;

  constructor(source: LinkSource, user: ShellUser, timeoutMs: number) {
    this.#source = source;
    this.user = user;
    this.#timeoutMs = timeoutMs;
  }

  /** Throws CommandFailed, OutcomeUnknown, CommandTimedOut, OutputTooLong, BecomeFailed or Unreachable. */
  async run(command: Command, options: RunOptions, purpose: Purpose): Promise<CommandResult> {
    const first = await this.#attempt(command, options, purpose);
    const again = first instanceof LinkLost && (first.beforeStart || purpose === "repeatable");
    const result = again ? await this.#attempt(command, options, purpose) : first;
    if (result instanceof LinkLost) throw this.#lost(command, result);
    const { accept = [0] } = options;
    if (accept === "any" || accept.includes(result.exitCode)) return result;
    throw new CommandFailed("text" in command ? [command.name] : command, result, { host: this.user.host });
  }

  async #attempt(command: Command, options: RunOptions, purpose: Purpose): Promise<CommandResult | LinkLost> {
    throwIfInterrupted(options.signal, this.user.host);
    const stop = new AbortController();
    const collector = new OutputCollector(options, (reason) => stop.abort(reason));
    try {
      const link = await this.#source.link(options.signal);
      const exitCode = await this.#runOn(link, command, options, purpose, collector, stop);
      return { exitCode, ...collector.output };
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
      // What was handed on can't be taken back.
      if (collector.handedOn) throw this.#lost(command, error);
      return error;
    }
  }

  async #runOn(
    link: Link,
    command: Command,
    options: RunOptions,
    purpose: Purpose,
    collector: OutputCollector,
    stop: AbortController,
  ): Promise<number> {
    // Much input would keep other commands waiting.
    const alone = (options.stdin?.length ?? 0) > keptInputBytesAtMost;
    const kept = alone ? undefined : await this.#source.kept.take(link, this.user);
    const shell = kept ?? (await HostShell.start(link, this.user));
    const use = kept === undefined ? "once" : purpose === "repeatable" ? "kept" : "relayed";
    let usable = false;
    try {
      const ending = shell.execute(command, options, use, collector);
      const exitCode = await this.#watch(ending, command, options, stop);
      usable = true;
      return exitCode;
    } catch (error) {
      if (stop.signal.aborted) await this.#end(link, shell);
      // Whatever was said on a link that is gone, it is the link that failed.
      else if (!link.alive && !(error instanceof LinkLost))
        throw new LinkLost("the link was lost", false, error);
      throw error;
    } finally {
      if (kept !== undefined) this.#source.kept.give(kept, usable);
      else if (usable) shell.leave();
      else shell.close();
    }
  }

  /** Waits for the end of a command, at most until its timeout or the caller's abort. */
  async #watch(
    ending: Promise<number>,
    command: Command,
    { timeoutMs = this.#timeoutMs, signal }: RunOptions,
    stop: AbortController,
  ): Promise<number> {
    const timer = setTimeout(() => stop.abort(this.#timedOut(command, timeoutMs)), timeoutMs);
    const told = `${nameOf(command)} was ended: interrupted`;
    const giveUp = (): void => stop.abort(interrupted(this.user.host, signal?.reason, told));
    signal?.addEventListener("abort", giveUp, { once: true });
    const stopped = new Promise<never>((_resolve, reject) => {
      stop.signal.addEventListener("abort", () => reject(stop.signal.reason), { once: true });
    });
    ending.catch(() => {});
    try {
      return await Promise.race([ending, stopped]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Ends the shell's process group on the host, over a channel that is kept back for that. */
  async #end(link: Link, shell: HostShell): Promise<void> {
    if (shell.pid === undefined || !link.alive) return;
    const group = String(shell.pid);
    const ended = (async () => {
      const ender = await HostShell.start(link, this.user, { spare: true });
      const nowhere = { stdout: () => {}, stderr: () => {} };
      await ender.execute(["/bin/sh", "-c", endGroup, "sh", group], {}, "once", nowhere);
      ender.close();
    })();
    // A link that dies meanwhile leaves the command running; the caller hears of its own failure all the same.
    await Promise.race([ended.catch(() => {}), wait(endPatienceMs, undefined, { ref: false })]);
  }

  #lost(command: Command, error: LinkLost): Failure {
    const { host } = this.user;
    if (error.beforeStart) {
      return new Unreachable(`${host} can't be reached any more: ${error.message}`, { host, cause: error });
    }
    return new OutcomeUnknown(
      `the link to ${host} was lost while ${nameOf(command)} ran: how it ended is not known`,
      {
        host,
        next: "Look at the host before doing it again; a second run of the stage does.",
        cause: error,
      },
    );
  }

  #timedOut(command: Command, timeoutMs: number): CommandTimedOut {
    return new CommandTimedOut(`${nameOf(command)} took longer than ${timeoutMs / 1000} s and was ended`, {
      host: this.user.host,
      next: "Give the task a longer timeout, or find out what it waits for.",
    });
  }
}

/** SIGTERM to the process group of `$1`, SIGKILL when it is still there after three seconds. Field 5 of stat is the group. */
const endGroup = `stat=$(cat "/proc/$1/stat" 2>/dev/null) || exit 0
set -- \${stat##*) }
kill -s TERM -- "-$3" 2>/dev/null
i=0
while kill -s 0 -- "-$3" 2>/dev/null && [ "$i" -lt 30 ]; do sleep 0.1; i=$((i + 1)); done
kill -s KILL -- "-$3" 2>/dev/null
exit 0`;

const keptInputBytesAtMost = 1024 * 1024;
const endPatienceMs = 10_000;
