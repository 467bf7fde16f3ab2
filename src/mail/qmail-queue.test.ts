import { describe, expect, test } from "vitest";
import { parseQmailQueue, parseUnprocessed } from "./qmail-queue.ts";

// As qmail-qread 1.03 prints it: the blank behind the sender is its own.
const listing = `20 Nov 2026 12:00:00 GMT  #1234  678  <a@example.com> 
  done\tlocal\tbob@example.org
\tlocal\texample-alice@example.org
\tremote\tc@example.net
21 Nov 2026 02:03:04 GMT  #99  1  <>  bouncing
`;

describe("the listing of qmail's queue", () => {
  test("tells of what is still to be delivered", () => {
    expect(parseQmailQueue(listing)).toEqual([
      {
        ...{
          id: "1234",
          queuedAt: Date.UTC(2026, 10, 20, 12) / 1000,
          sizeBytes: 678,
          sender: "a@example.com",
        },
        recipients: [
          { channel: "local", address: "example-alice@example.org" },
          { channel: "remote", address: "c@example.net" },
        ],
      },
      {
        id: "99",
        queuedAt: Date.UTC(2026, 10, 21, 2, 3, 4) / 1000,
        sizeBytes: 1,
        sender: "",
        recipients: [],
      },
    ]);
    expect(parseQmailQueue("")).toEqual([]);
  });

  test("a queue that can't be read whole is no empty one", () => {
    expect(() => parseQmailQueue("warning: trouble with #12: file does not exist\n")).toThrow(
      "trouble with #12",
    );
    expect(() => parseQmailQueue("fatal: unable to chdir: access denied\n")).toThrow("unable to chdir");
  });

  test("what nobody has looked at yet is counted by qmail-qstat", () => {
    const status = "messages in queue: 12\nmessages in queue but not yet preprocessed: 3\n";
    expect(parseUnprocessed(status)).toBe(3);
    expect(() => parseUnprocessed("find: queue/todo: Permission denied\n")).toThrow("Permission denied");
  });
});
