/** A line of a mail log: who wrote it, and what. */
export interface LogLine {
  /** Seconds since 1970. */
  readonly at: number;
  /** "postfix/smtpd", "dovecot", … */
  readonly tag: string;
  /** Empty where the line names none. */
  readonly pid: string;
  readonly text: string;
}

/** When the log was read and in which zone: old forms of its times say neither year nor zone. */
export interface LogClock {
  /** Seconds since 1970 on the host. */
  readonly now: number;
  /** Of the host's zone to UTC, in seconds. */
  readonly offsetSeconds: number;
}

/** Reads one line as rsyslog, postlogd or `journalctl -o short-unix` write it; undefined for what is no line of a log. */
export function readLogLine(line: string, clock: LogClock): LogLine | undefined {
  const head = lineHead.exec(line);
  if (head === null) return undefined;
  const at = timeIn(head, clock);
  if (at === undefined) return undefined;
  const { 0: all, 6: tag = "", 7: pid = "" } = head;
  return { at, tag, pid, text: line.slice(all.length) };
}

const lineHead =
  /^(?:(\d{9,11}(?:\.\d+)?)|(\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d))|([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d)) \S+ ([^\s[\]:]+)(?:\[(\d+)\])?: /;

/** A time without a year lies in the last twelve months. */
function timeIn(head: RegExpExecArray, { now, offsetSeconds }: LogClock): number | undefined {
  const [, unix, iso, month, day, time] = head;
  if (unix !== undefined) return Number(unix);
  const tomorrow = now + 86_400;
  const year = new Date(tomorrow * 1000).getUTCFullYear();
  const inYear = (year: number) => Date.parse(`${month} ${day} ${year} ${time} UTC`) / 1000 - offsetSeconds;
  const written = iso === undefined ? inYear(year) : Date.parse(iso) / 1000;
  const at = iso === undefined && written > tomorrow ? inYear(year - 1) : written;
  return Number.isNaN(at) ? undefined : at;
}
