import { expect, it } from "vitest";
import { createJsonLines } from "./json-lines.ts";
import { failedCommand, recordedRun, taskOf } from "./testing/recorded-run.ts";

function record(events: typeof recordedRun): Record<string, unknown>[] {
  const lines: string[] = [];
  const listener = createJsonLines((text) => lines.push(text));
  for (const event of events) listener(event);
  return lines.map((line) => {
    expect(line.indexOf("\n")).toBe(line.length - 1);
    return JSON.parse(line) as Record<string, unknown>;
  });
}

it("writes one object per event, with version, time and type", () => {
  const lines = record(recordedRun);
  expect(lines.map(({ type }) => type)).toEqual(recordedRun.map(({ type }) => type));
  for (const line of lines)
    expect(line).toMatchObject({ version: 1, time: expect.stringMatching(/^\d{4}-.*Z$/) });
  expect(lines.at(-1)).toMatchObject({
    result: "failed",
    tallies: { "mail-new.example.org": { changed: 1 } },
  });
});

it("writes a failure with its exit code, place, command and way out", () => {
  const failed = record(recordedRun).find(
    ({ outcome }) => (outcome as { status?: string } | undefined)?.status === "failed",
  );
  expect(failed?.outcome).toMatchObject({
    failure: {
      kind: "task-failed",
      exitCode: 1,
      host: "mail-new.example.org",
      message: failedCommand.message,
      next: "run doveadm index -A on the new host and read what it says",
      command: { argv: ["doveadm", "index"], exitCode: 75, stdout: "indexed 3 of 9\n" },
    },
  });
});

it("hides what a no_log task said", () => {
  const [line] = record([
    {
      type: "task-finished",
      task: taskOf("Set the password", { noLog: true }),
      host: "h",
      item: "geheim",
      durationMs: 1,
      outcome: { status: "changed", summary: "geheim", result: { password: "geheim" } },
    },
  ]);
  expect(JSON.stringify(line)).not.toContain("geheim");
  expect(line).toMatchObject({ outcome: { status: "changed", hidden: "no_log" } });
});
