import { Failure } from "../../contract/errors.ts";
import { rsyncExit } from "../../mail/rsync-output.ts";
import { type PassOutcome, passUnderWay } from "./pull-job.ts";

/** The failure for a pass that ended with another exit code than it should. */
export function passFailed({ exitCode, stderr }: PassOutcome, from: string, host: string): Failure {
  if (exitCode === passUnderWay) {
    return new Failure("task-failed", `another pass from an earlier run is still at work on ${host}`, {
      host,
      next: "Wait for it, or end it there: systemctl list-units 'mailferry-*'; systemctl stop UNIT. Then run the stage again.",
    });
  }
  const { meaning } = rsyncExit(exitCode);
  const said = stderr
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, 5)
    .join("\n");
  return new Failure(
    "task-failed",
    `rsync from ${from}: ${meaning} (exit code ${exitCode})\n${said}`.trim(),
    {
      host,
      next: nextSteps[exitCode] ?? "Run the stage again: what was copied stays, and it goes on from there.",
    },
  );
}

const nextSteps: Readonly<Record<number, string>> = {
  11: "Look at the free space and inodes on the new host (df, df -i), then run the stage again.",
  23: "Make the named files readable (or writable on the new host), then run the stage again.",
  24: "Something still writes on the old host though it should be frozen: find it (fuser, ss, timers), then run the stage again.",
};
