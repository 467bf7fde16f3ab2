import type { Applied } from "../../contract/change.ts";
import type { PassOutcome } from "./pull-job.ts";

/** What `register` keeps of a pass: counts, bytes, seconds, and bytes a second. */
export function resultOf({
  stats,
  items,
  removed,
  seconds,
  stderr,
  exitCode,
}: PassOutcome): NonNullable<Applied["result"]> {
  const bytes = stats?.sentBytes ?? 0;
  return {
    files: stats?.sent ?? 0,
    bytes,
    created: stats?.created ?? 0,
    deleted: removed ?? stats?.deleted ?? 0,
    changed_entries: items,
    vanished: exitCode === 24 ? (stderr.match(/^file has vanished: /gm)?.length ?? 0) : 0,
    total_files: stats?.entries ?? 0,
    total_bytes: stats?.totalBytes ?? 0,
    seconds: Math.round(seconds * 10) / 10,
    rate: Math.round(bytes / Math.max(seconds, 0.1)),
  };
}
