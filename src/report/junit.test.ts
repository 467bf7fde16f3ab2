import { expect, it } from "vitest";
import type { RunEvent } from "../contract/events.ts";
import { createJunit } from "./junit.ts";
import { cleaned, createRedactor } from "./redact.ts";
import { recordedRun, taskOf } from "./testing/recorded-run.ts";

function xmlOf(events: readonly RunEvent[], secret = "nothing secret"): string {
  const redactor = createRedactor();
  redactor.register(secret);
  const junit = createJunit();
  const listener = cleaned(junit.listener, redactor);
  for (const event of events) listener(event);
  return junit.xml();
}

const play: RunEvent = { type: "play-started", name: "Copy & <compare>", hosts: ["h"] };
const finished = (more: Partial<Extract<RunEvent, { type: "task-finished" }>>): RunEvent => ({
  type: "task-finished",
  task: taskOf("Work"),
  host: "h",
  outcome: { status: "ok", result: {} },
  durationMs: 1500,
  ...more,
});

it("writes a case for each task and host, with what failed and why", () => {
  const xml = xmlOf(recordedRun);
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="/);
  expect(xml).toMatch(/<testcase name="[^"]+" classname="mail-new.example.org" file="[^"]+:\d+" time="/);
  expect(xml).toMatch(/<failure message="doveadm ended with exit code 75[^"]*" type="task-failed">/);
  expect(xml).toContain("stdout:\nindexed 3 of 9");
});

it("gathers the items of a loop in one case, and quotes what XML would take for its own", () => {
  const items = ["a", "b"].map((item) =>
    finished({ item, outcome: { status: "changed", result: { stdout: `<${item}>` }, summary: "did it" } }),
  );
  const xml = xmlOf([play, ...items]);
  expect(xml).toContain(
    '<testsuite name="Copy &amp; &lt;compare&gt;" tests="1" failures="0" errors="0" skipped="0" time="3.000">',
  );
  expect(xml).toContain("a: did it\n&lt;a&gt;\nb: did it\n&lt;b&gt;");
});

it("tells skipped tasks and lost hosts", () => {
  const skipped = finished({ outcome: { status: "skipped", reason: "x == 1", result: {} } });
  const xml = xmlOf([play, skipped, { type: "host-failed", host: "g", message: "no route" }]);
  expect(xml).toContain('<skipped message="x == 1"/>');
  expect(xml).toContain('<error message="reach g: no route" type="unreachable">');
});

it("hides secrets, and what a no_log task said", () => {
  const open = finished({ outcome: { status: "ok", result: {}, message: "the word is geheim" } });
  const hidden = finished({
    task: taskOf("Hidden", { noLog: true }),
    outcome: { status: "ok", result: { stdout: "other" }, message: "other" },
  });
  const xml = xmlOf([play, open, hidden], "geheim");
  expect(xml).toContain("the word is ********");
  expect(xml).not.toMatch(/geheim|other/);
});
