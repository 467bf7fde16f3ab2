import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { type LogClock, type LogLine, readLogLine } from "../../mail/mail-log-line.ts";
import { LineCutter } from "../line-cutter.ts";
import { logCommand } from "./log-script.ts";

/** Where the log was read. */
export interface MailLog {
  readonly source: "journal" | "files";
  /** Its oldest line, in seconds since 1970; undefined when there is none. */
  readonly oldest: number | undefined;
}

/** A day of a large server's log is some gigabytes. */
const longestReadMs = 3_600_000;

export interface MailLogQuestion {
  /** Seconds since 1970 by the host's clock. */
  readonly since: number;
  /** An extended regular expression: the lines that are wanted. */
  readonly pattern: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Reads the mail log of a host, however long it is, and hands on its lines as they come. Throws a Failure when it can't be read. */
export async function readMailLog(
  host: HostReader,
  { since, pattern, signal, timeoutMs = longestReadMs }: MailLogQuestion,
  onLine: (line: LogLine) => void,
): Promise<MailLog> {
  const reading = new LogReading(since, onLine);
  const lines = new LineCutter((line) => reading.take(line));
  await host.probe(logCommand(since, pattern), {
    timeoutMs,
    signal,
    onStdout: (chunk) => lines.feed(chunk),
  });
  lines.end();
  return reading.finish(host.name);
}

class LogReading {
  readonly #since: number;
  readonly #onLine: (line: LogLine) => void;
  #source: MailLog["source"] | undefined;
  #clock: LogClock = { now: 0, offsetSeconds: 0 };
  #oldest: number | undefined;
  #failure: string | undefined;

  constructor(since: number, onLine: (line: LogLine) => void) {
    this.#since = since;
    this.#onLine = onLine;
  }

  take(line: string): void {
    if (line.startsWith("#")) {
      this.#takeOwn(line);
      return;
    }
    const read = readLogLine(line, this.#clock);
    // Times without a zone are an hour off where the clocks were changed meanwhile.
    const grace = this.#source === "journal" ? 0 : 3600;
    if (read !== undefined && read.at >= this.#since - grace) this.#onLine(read);
  }

  finish(host: string): MailLog {
    if (this.#failure === undefined && this.#source !== undefined) {
      return { source: this.#source, oldest: this.#oldest };
    }
    throw new Failure(
      "task-failed",
      `the mail log of ${host} can't be read: ${this.#failure ?? "no answer"}`,
      {
        host,
        next: "Look on the host whether the journal, or /var/log/mail.log with its rotated files, can be read by root.",
      },
    );
  }

  #takeOwn(line: string): void {
    const [word, ...rest] = line.split(" ");
    if (word === "#mail-log") {
      const [source, now, zone = ""] = rest;
      this.#source = source === "journal" ? "journal" : "files";
      this.#clock = { now: Number(now), offsetSeconds: secondsOf(zone) };
    } else if (word === "#oldest") {
      this.#oldest = Number(rest[0]);
    } else if (word === "#first") {
      this.#oldest ??= readLogLine(rest.join(" "), this.#clock)?.at;
    } else if (word === "#failed") {
      this.#failure = rest.join(" ").slice(0, 200);
    }
  }
}

/** "+0130" */
function secondsOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  const seconds = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60;
  return sign === "-" ? -seconds : seconds;
}
