import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { autoexpungeSettings, lastLoginSettings } from "../../mail/doveconf.ts";
import { dialogueFor, type ImapView, parseDialogue } from "../../mail/imap-dialogue.ts";
import { longOutput } from "../long-output.ts";

/** One session that is to be held: a user and the folders to open, by their names on the wire. */
export interface SessionPlan {
  readonly user: string;
  readonly names: readonly ByteText[];
}

/**
 * Holds IMAP sessions that need no password (`doveadm exec imap`, as root), several in one round trip. A session
 * of Dovecot ends with its automatic expunges, and may be noted as the user's last login: that is switched off for these, since
 * this only looks.
 */
export class ImapSessions {
  readonly #host: HostReader;
  readonly #signal: AbortSignal;
  readonly #program: readonly string[];
  readonly #exact: boolean;

  private constructor(host: HostReader, signal: AbortSignal, program: readonly string[], exact: boolean) {
    this.#host = host;
    this.#signal = signal;
    this.#program = program;
    this.#exact = exact;
  }

  /** `config`: the configuration file of the Dovecot that is asked. `exact`: what each message is, not its flags alone. */
  static async prepare(
    host: HostReader,
    signal: AbortSignal,
    { config, exact = false }: { readonly config?: string | undefined; readonly exact?: boolean | undefined },
  ): Promise<ImapSessions> {
    const which = configWords(config);
    const { stdout } = await host.probe(["doveconf", ...which, "-n"]);
    const settings = stdout.toString("utf8");
    const options = [
      ...autoexpungeSettings(settings).flatMap((path) => ["-o", `${path}=0`]),
      ...lastLoginSettings(settings).flatMap((path) => ["-o", `${path}=`]),
    ];
    return new ImapSessions(host, signal, ["doveadm", ...which, "exec", "imap", ...options], exact);
  }

  /** The views, in the order of the plans. */
  async hold(plans: readonly SessionPlan[]): Promise<ImapView[]> {
    const parts = plans.flatMap((plan, index) => partsOf(plan).map((names) => ({ index, names })));
    const records = parts.map(
      ({ index, names }) => `${plans[index]?.user}\0${dialogueFor(names, this.#exact)}\0`,
    );
    const argv = ["xargs", "-0", "-n", "2", "sh", "-c", sessionScript, "sh", ...this.#program];
    const output = longOutput(this.#host.name);
    await this.#host.probe(argv, {
      stdin: Buffer.from(records.join(""), "latin1"),
      timeoutMs: longestBatchMs,
      signal: this.#signal,
      onStdout: output.take,
    });
    const answers = output.whole().toString("latin1").split("\0").slice(1);
    if (answers.length !== parts.length) {
      throw new Failure(
        "task-failed",
        `${this.#host.name} answered ${answers.length} of ${parts.length} sessions`,
        {
          host: this.#host.name,
        },
      );
    }
    return plans.map((_plan, index) =>
      joined(
        parts.flatMap((part, at) =>
          part.index === index ? [parseDialogue(answers[at] ?? "", part.names.length)] : [],
        ),
      ),
    );
  }
}

/** Words of doveconf and doveadm for another configuration than Dovecot's usual one. */
export function configWords(config: string | undefined): readonly string[] {
  return config === undefined ? [] : ["-c", config];
}

const longestBatchMs = 3_600_000;

/** An argument may be 128 KiB long: a user with very many folders gets several sessions. */
const longestDialogue = 60_000;

function partsOf({ names }: SessionPlan): ByteText[][] {
  const parts: ByteText[][] = [[]];
  let length = 0;
  for (const name of names) {
    const own = name.length + 60;
    if (length + own > longestDialogue) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)?.push(name);
    length += own;
  }
  return parts;
}

function joined([first, ...others]: readonly ImapView[]): ImapView {
  if (first === undefined) throw new RangeError("a session without a view");
  return {
    ...first,
    folders: [first, ...others].flatMap(({ folders }) => folders),
    problem: [first, ...others].find(({ problem }) => problem !== undefined)?.problem,
  };
}

/**
 * The input stays open until the program has ended: Dovecot takes its end for a closed connection, and breaks off while
 * its answer still waits for the reader. The line ends come after LOGOUT, and tell when nobody reads any more.
 *
 * The program sets its output to non-blocking, for all who write there: it gets one of its own.
 *
 * The last two arguments are the user and what to say; those before are the program. IMAP itself never sends a NUL.
 */
const sessionScript = String.raw`
before=$(($# - 2))
while [ "$before" -gt 0 ]; do set -- "$@" "$1"; shift; before=$((before - 1)); done
user=$1
dialogue=$2
shift 2
printf '\0'
{ printf '%s' "$dialogue"; while sleep 0.02; do printf '\n' 2>/dev/null || exit 0; done; } |
  "$@" -u "$user" 2>&1 | cat`;
