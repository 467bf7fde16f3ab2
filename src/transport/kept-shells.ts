import { setTimeout as wait } from "node:timers/promises";
import { HostShell } from "./host-shell.ts";
import type { Link } from "./link.ts";
import type { ShellUser } from "./shell-user.ts";

/** How many shells stay open beside the channels for single commands. */
const keptAtMost = 3;
/** How long after a command its shell may need to show that nothing of it is left writing. */
const settleMs = 100;

interface Kept {
  readonly link: Link;
  readonly shell: HostShell;
  busy: boolean;
}

/** Shells that stay open for the next command: one for each user, as long as the link lives. */
export class KeptShells {
  readonly #kept = new Map<string, Kept>();

  /** A shell for one command, or undefined when the user's shell is busy or there are enough shells. */
  async take(link: Link, user: ShellUser): Promise<HostShell | undefined> {
    const key = user.become?.user ?? "";
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.link === link && !kept.shell.ended) {
      if (kept.busy) return undefined;
      kept.busy = true;
      if (await isSettled(kept.shell)) return kept.shell;
    }
    this.#forget(key);
    if (this.#kept.size >= keptAtMost) return undefined;
    return this.#start(key, link, user);
  }

  /** Gives a shell back; `usable` is false when a command was ended in it. */
  give(shell: HostShell, usable: boolean): void {
    for (const [key, kept] of this.#kept) {
      if (kept.shell !== shell) continue;
      if (usable) kept.busy = false;
      else this.#forget(key);
      return;
    }
    shell.close();
  }

  close(): void {
    for (const key of [...this.#kept.keys()]) this.#forget(key);
  }

  async #start(key: string, link: Link, user: ShellUser): Promise<HostShell | undefined> {
    const shell = await HostShell.start(link, user);
    // Another command may have been quicker.
    if (!this.#kept.has(key)) this.#kept.set(key, { link, shell, busy: true });
    return shell;
  }

  #forget(key: string): void {
    this.#kept.get(key)?.shell.close();
    this.#kept.delete(key);
  }
}

/** False when a process that the last command left behind still holds the shell's output. */
async function isSettled(shell: HostShell): Promise<boolean> {
  const patience = new AbortController();
  const late = wait(settleMs, false, { signal: patience.signal }).catch(() => false);
  const settled = await Promise.race([shell.settled, late]);
  patience.abort();
  return settled;
}
