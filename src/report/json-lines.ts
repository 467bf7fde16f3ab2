import { CommandFailed, exitCodes, Failure } from "../contract/errors.ts";
import type { Listener, RunEvent } from "../contract/events.ts";

/** Raised when a field changes its meaning or goes; new fields may come at any time. */
export const jsonLinesVersion = 1;

/** One JSON object per event and line: for programs. Each has `version`, `time` and `type`. */
export function createJsonLines(write: (text: string) => void): Listener {
  return (event) => {
    const line = { version: jsonLinesVersion, time: new Date().toISOString(), ...visible(event) };
    write(
      `${JSON.stringify(line, (_key, value) => (value instanceof Failure ? failureRecord(value) : value))}\n`,
    );
  };
}

function visible(event: RunEvent): object {
  if (event.type !== "task-finished" || !event.task.noLog) return event;
  const { item: _item, args: _args, outcome, ...rest } = event;
  return { ...rest, outcome: { status: outcome.status, hidden: "no_log" } };
}

function failureRecord(failure: Failure): object {
  const { kind, message, host, place, next } = failure;
  const record = { kind, exitCode: exitCodes[kind], message, host, place, next };
  if (!(failure instanceof CommandFailed)) return record;
  const { argv, stdout, stderr } = failure;
  return { ...record, command: { argv, exitCode: failure.exitCode, stdout, stderr } };
}
