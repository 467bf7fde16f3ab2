import { expect, test } from "vitest";
import { runWaveScript } from "./wave-scripts.ts";

const waiting = (queue: string, address: string) =>
  `{"queue_name": "${queue}", "queue_id": "4A1", "recipients": [{"address": "${address}"}]}\n`;

function countOf(postqueue: string | undefined) {
  return runWaveScript({
    ...{ file: "queue-left", task: "What waits for these domains" },
    values: { wave_domains: ["example.org"] },
    programs: postqueue === undefined ? {} : { postqueue },
    failing: postqueue === undefined ? ["postqueue"] : [],
  });
}

test("what waits for a wave's domains is counted, and nothing else", () => {
  const lines = [
    waiting("deferred", "John@Example.org"),
    waiting("deferred", "john@example.net"),
    waiting("deferred", "john@examplexorg"),
    waiting("active", "john@example.org"),
  ];
  expect(countOf(lines.join("")).stdout).toBe("1\n");
  expect(countOf("").stdout).toBe("0\n");
});

test("a queue that can't be asked is not an empty one", () => {
  const { status, stdout } = countOf(undefined);
  expect([status, stdout]).toEqual([69, ""]);
});
