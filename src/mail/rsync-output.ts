import type { ByteText } from "./byte-text.ts";

/** How far rsync has come, from a line of `--info=progress2`. */
export interface RsyncProgress {
  readonly bytes: number;
  readonly percent: number;
  /** Bytes per second, as rsync rounds it. */
  readonly rateBytes: number;
  readonly secondsLeft: number | undefined;
  /** Files sent so far. */
  readonly sent: number | undefined;
  /** Entries looked at so far, and all of them; the latter is final with `--no-inc-recursive`. */
  readonly looked: number | undefined;
  readonly entries: number | undefined;
}

/** What rsync counted, from `--stats`. */
export interface RsyncStats {
  readonly entries: number;
  readonly created: number;
  readonly deleted: number;
  readonly sent: number;
  readonly totalBytes: number;
  readonly sentBytes: number;
}

/**
 * Reads a progress line, as `  1,238,099  12%  146.38kB/s    0:00:08 (xfr#5, to-chk=169/396)`; undefined for any
 * other line. While files are sent the time is what is left, at the end it is what was spent.
 */
export function parseProgressLine(line: string): RsyncProgress | undefined {
  const found = progressLine.exec(line);
  if (found === null) return undefined;
  const [, bytes = "", percent, rate = "", unit = "", hours, minutes, seconds, sent, left, entries] = found;
  const known = hours === undefined ? undefined : clockSeconds(hours, minutes, seconds);
  return {
    bytes: plainNumber(bytes),
    percent: Number(percent),
    rateBytes: Math.round(Number(rate) * (rateUnits[unit] ?? 1)),
    secondsLeft: Number(percent) === 100 ? 0 : known,
    sent: optional(sent),
    looked: left === undefined ? undefined : Number(entries) - Number(left),
    entries: optional(entries),
  };
}

const progressLine =
  /^\s*([0-9][0-9,.]*)\s+([0-9]+)%\s+([0-9.]+)([kMGT]?B)\/s\s+(?:([0-9]+):([0-9]{2}):([0-9]{2})|\S+)(?:\s+\(xfr#([0-9]+), (?:to|ir)-chk=([0-9]+)\/([0-9]+)\))?\s*$/;

/** rsync counts in thousands unless it is asked for `-hh`, but its rates in 1024. */
const rateUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/** A path as it is, of one that rsync shows: what is no printable ASCII stands there as `\\#` and three octal digits. */
export function pathShown(path: string): ByteText {
  return path.replaceAll(/\\#([0-3][0-7]{2})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Reads the counts of `--stats` (in the C locale); undefined when they are not there, as after a break. */
export function parseStats(lines: readonly string[]): RsyncStats | undefined {
  const count = (label: string): number | undefined => {
    const line = lines.findLast((candidate) => candidate.startsWith(`${label}: `));
    const digits = line === undefined ? undefined : /: ([0-9][0-9,]*)/.exec(line)?.[1];
    return digits === undefined ? undefined : plainNumber(digits);
  };
  const entries = count("Number of files");
  const totalBytes = count("Total file size");
  if (entries === undefined || totalBytes === undefined) return undefined;
  return {
    entries,
    created: count("Number of created files") ?? 0,
    deleted: count("Number of deleted files") ?? 0,
    sent: count("Number of regular files transferred") ?? 0,
    totalBytes,
    sentBytes: count("Total transferred file size") ?? 0,
  };
}

/** What an exit code of rsync stands for, and whether trying again can help. 24 is no fault while the source is in use. */
export function rsyncExit(code: number): { readonly meaning: string; readonly lostLink: boolean } {
  return {
    meaning: meanings[code] ?? (code > 128 ? `it was ended by signal ${code - 128}` : `exit code ${code}`),
    lostLink: lostLinkCodes.has(code),
  };
}

/** rsync(1), "EXIT VALUES". */
const meanings: Readonly<Record<number, string>> = {
  0: "done",
  1: "syntax or usage error",
  2: "the two rsyncs don't speak one protocol",
  3: "a file or directory could not be chosen",
  4: "an option that one side does not support",
  5: "the client-server protocol did not start",
  6: "the daemon could not write its log",
  10: "socket error",
  11: "error in file input or output (is the disk full?)",
  12: "error in the protocol's data stream (the link was lost, or the other side ended)",
  13: "error in diagnostics",
  14: "error between its own processes",
  20: "it was ended by a signal",
  21: "error in waitpid",
  22: "no memory left",
  23: "some files could not be copied",
  24: "some files went away while it ran",
  25: "more to delete than allowed",
  30: "no byte came within the time limit",
  35: "no connection within the time limit",
  124: "the remote command was killed",
  125: "the remote command could not run",
  126: "the remote command could not be run",
  127: "the remote command was not found",
  255: "ssh failed",
};

const lostLinkCodes: ReadonlySet<number> = new Set([10, 12, 30, 35, 255]);

function clockSeconds(hours = "0", minutes = "0", seconds = "0"): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function plainNumber(digits: string): number {
  return Number(digits.replaceAll(/[,.]/g, ""));
}

function optional(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
