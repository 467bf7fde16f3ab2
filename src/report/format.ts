import type { Progress } from "../contract/progress.ts";

/** `01m10s`; with hours from one hour on: `2h05m10s`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${hours > 0 ? `${hours}h` : ""}${twoDigits(minutes)}m${twoDigits(rest)}s`;
}

/** A length of time for a sentence: "0.4 s", "41 s", "2 min 10 s", "3 h 5 min", "2 d 3 h". */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return twoParts(whole, 60, "min", 1, "s");
  if (whole < 86_400) return twoParts(whole, 3600, "h", 60, "min");
  return twoParts(whole, 86_400, "d", 3600, "h");
}

/** Bytes in units of 1000: "812 B", "1.2 GB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}

/** A count with thin groups of three: "12,345". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** What is known of long work, in one line: "1.2 GB of 3.4 GB, 12,345 of 30,000 messages, 35 %, 45 MB/s, about 50 s left". */
export function formatProgress(progress: Progress): string {
  const parts = [
    doneOfTotal(progress.doneBytes, progress.totalBytes, formatBytes),
    withUnit(doneOfTotal(progress.doneItems, progress.totalItems, formatCount), progress.unit),
    perCent(progress),
    progress.rateBytes === undefined ? undefined : `${formatBytes(progress.rateBytes)}/s`,
    progress.secondsLeft === undefined
      ? undefined
      : `about ${formatDuration(Math.round(progress.secondsLeft))} left`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Of bytes where they are known: messages are of all sizes. */
function perCent({ doneBytes, totalBytes, doneItems, totalItems }: Progress): string | undefined {
  const [done, total] = totalBytes === undefined ? [doneItems, totalItems] : [doneBytes, totalBytes];
  if (done === undefined || total === undefined || total === 0) return undefined;
  return `${Math.min(100, Math.floor((done / total) * 100))} %`;
}

function doneOfTotal(
  done: number | undefined,
  total: number | undefined,
  format: (value: number) => string,
): string | undefined {
  if (done === undefined) return undefined;
  return total === undefined ? format(done) : `${format(done)} of ${format(total)}`;
}

function withUnit(text: string | undefined, unit: string | undefined): string | undefined {
  return text === undefined || unit === undefined ? text : `${text} ${unit}`;
}

function twoParts(whole: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
