import { randomInt } from "node:crypto";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { autoexpungeSettings, lastLoginSettings } from "../../mail/doveconf.ts";
import { longOutput } from "../long-output.ts";

/** One session: a user, and all that is said in it. */
export interface SessionDialogue {
  readonly user: string;
  /** Commands without one that ends the session. At most 128 KiB, which is what an argument may be long. */
  readonly dialogue: ByteText;
}

/** Which program of Dovecot answers, and how. */
export interface SessionProgram {
  readonly name: "imap" | "pop3";
  /** The configuration file of the Dovecot that is asked; its usual one by default. */
  readonly config?: string | undefined;
  /** Settings for these sessions alone, as `-o` takes them. */
  readonly settings?: readonly string[];
}

/**
 * Holds sessions of IMAP or POP3 that need no password (`doveadm exec imap` or `doveadm exec pop3`, as root), several in one round
 * trip. A session of Dovecot ends with its automatic expunges, and may be noted as the user's last login: that is switched off for
 * these, since this only looks.
 */
export class DovecotSessions {
  readonly #host: HostReader;
  readonly #signal: AbortSignal;
  readonly #program: readonly string[];
  readonly #last: LastWord;

  private constructor(host: HostReader, signal: AbortSignal, program: readonly string[], last: LastWord) {
    this.#host = host;
    this.#signal = signal;
    this.#program = program;
    this.#last = last;
  }

  static async prepare(
    host: HostReader,
    signal: AbortSignal,
    { name, config, settings = [] }: SessionProgram,
  ): Promise<DovecotSessions> {
    const which = configWords(config);
    const { stdout } = await host.probe(["doveconf", ...which, "-n"]);
    const said = stdout.toString("utf8");
    const quiet = [
      ...autoexpungeSettings(said).map((path) => `${path}=0`),
      ...lastLoginSettings(said).map((path) => `${path}=`),
      ...settings,
    ];
    const options = quiet.flatMap((setting) => ["-o", setting]);
    const program = ["doveadm", ...which, "exec", name, ...options];
    return new DovecotSessions(host, signal, program, lastWordOf(name));
  }

  /** What each session answered, the answer to the last word included, in their order. Throws a Failure when not all of them were held. */
  async hold(sessions: readonly SessionDialogue[]): Promise<ByteText[]> {
    const records = sessions.map(({ user, dialogue }) => `${user}\0${dialogue}\0`);
    const { word, answer } = this.#last;
    const argv = ["xargs", "-0", "-n", "2", "sh", "-c", sessionScript, "sh", word, answer, ...this.#program];
    const output = longOutput(this.#host.name);
    await this.#host.probe(argv, {
      stdin: Buffer.from(records.join(""), "latin1"),
      timeoutMs: longestBatchMs,
      signal: this.#signal,
      onStdout: output.take,
    });
    const answers = output.whole().toString("latin1").split("\0").slice(1);
    if (answers.length === sessions.length) return answers;
    throw new Failure(
      "task-failed",
      `${this.#host.name} answered ${answers.length} of ${sessions.length} sessions`,
      {
        host: this.#host.name,
        next: `Run this again. If it is so again, ask there by hand what stands in the way: ${this.#program.join(" ")} -u USER`,
      },
    );
  }
}

/** Words of doveconf and doveadm for another configuration than Dovecot's usual one. */
export function configWords(config: string | undefined): readonly string[] {
  return config === undefined ? [] : ["-c", config];
}

const longestBatchMs = 3_600_000;

interface LastWord {
  /** A command that changes nothing. */
  readonly word: string;
  /** How the line begins that answers it; as sed takes it. */
  readonly answer: string;
}

/**
 * What is said last. It is no LOGOUT and no QUIT: at these Dovecot hangs up at once, and what there was no room for yet is lost (seen
 * with 2.4.1: the last 2 KiB, when the reader was late). Nor is it a command that POP3 refuses, since behind 20 of those it hangs up, too.
 *
 * In IMAP a name may be told in a line of its own, so the tag is one that nobody names a folder by. In POP3 nothing else that is asked for is
 * answered by `+OK` and a number (RFC 1939, section 5).
 */
function lastWordOf(name: "imap" | "pop3"): LastWord {
  if (name === "pop3") return { word: "STAT", answer: "+OK [0-9]" };
  const tag = `z${randomInt(1e9)}`;
  return { word: `${tag} NOOP`, answer: `${tag} ` };
}

/**
 * The input stays open until the last word is answered: Dovecot takes its end for a closed connection, and breaks off while its
 * answer still waits for the reader. The last word is said again and again: once sed has left, the answer to the next one fails, by which
 * the program ends, and then so does the loop.
 *
 * The program sets its output to non-blocking, for all who write there: it gets one of its own.
 *
 * The first two arguments are the last word and how its answer begins, the last two the user and what to say; those between are the
 * program. Neither IMAP nor POP3 ever sends a NUL in what is asked for here.
 */
const sessionScript = String.raw`
word=$1
answer=$2
shift 2
before=$(($# - 2))
while [ "$before" -gt 0 ]; do set -- "$@" "$1"; shift; before=$((before - 1)); done
user=$1
dialogue=$2
shift 2
printf '\0'
{ printf '%s' "$dialogue"; while printf '%s\r\n' "$word" 2>/dev/null; do sleep 0.02 || sleep 1 || exit; done; } |
  "$@" -u "$user" 2>&1 | LC_ALL=C sed "/^$answer/q"`;
