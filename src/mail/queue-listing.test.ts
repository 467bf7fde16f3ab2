import { expect, test } from "vitest";
import { parseQueueLine } from "./queue-listing.ts";

test("a line of postqueue -j is a message", () => {
  const line = JSON.stringify({
    ...{ queue_name: "deferred", queue_id: "4ABC", arrival_time: 1700000000, message_size: 321 },
    ...{ forced_expire: false, sender: "a@example.org" },
    recipients: [{ address: "b@example.org", delay_reason: "greylisted" }, { address: "c@example.org" }],
  });
  expect(parseQueueLine(line)).toEqual({
    ...{ queue: "deferred", queueId: "4ABC", arrivedAt: 1700000000, sizeBytes: 321 },
    sender: "a@example.org",
    recipients: [
      { address: "b@example.org", reason: "greylisted" },
      { address: "c@example.org", reason: "" },
    ],
  });
  expect(parseQueueLine("")).toBeUndefined();
  expect(() => parseQueueLine("Mail queue is empty")).toThrow("no message");
  expect(() => parseQueueLine("[]")).toThrow("no message");
});
