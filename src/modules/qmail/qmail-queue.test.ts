import { describe, expect, test } from "vitest";
import { FakeHost } from "../testing/fake-host.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { qmailQueue } from "./qmail-queue.ts";

const listing = `20 Nov 2026 12:00:00 GMT  #1234  678  <a@example.com> 
  done\tlocal\tbob@example.org
\tlocal\texample-alice@example.org
20 Nov 2026 12:00:01 GMT  #1235  10  <a@example.com> 
\tremote\tc@example.net
\tremote\td@example.ORG
20 Nov 2026 12:00:02 GMT  #1236  10  <a@example.com> 
  done\tremote\tc@example.net
`;

function host(read: string, unprocessed = 0, directory = "/var/qmail"): FakeHost {
  const status = `messages in queue: 3\nmessages in queue but not yet preprocessed: ${unprocessed}\n`;
  return new FakeHost({
    commands: [
      { argv: ["date"], answer: `${Date.UTC(2026, 10, 20, 12, 1) / 1000}\n` },
      { argv: [`${directory}/bin/qmail-qread`], answer: read },
      { argv: [`${directory}/bin/qmail-qstat`], answer: status },
    ],
  });
}

describe("qmail_queue", () => {
  test("an empty queue", async () => {
    const look = await lookWith(qmailQueue, {}, host(""));
    expect(look.message).toBe("empty");
    expect(look.result).toMatchObject({
      messages: 0,
      oldest_age: 0,
      local: 0,
      remote: 0,
      unprocessed: 0,
      listed: [],
    });
  });

  test("counts recipients that are still to be delivered, and lists the first messages", async () => {
    const { result, message } = await lookWith(qmailQueue, { limit: 1 }, host(listing, 2));
    expect(message).toBe("1 local, 2 remote, 2 not yet looked at");
    expect(result).toMatchObject({
      messages: 4,
      oldest_age: 60,
      local: 1,
      remote: 2,
      unprocessed: 2,
      truncated: true,
    });
    expect(result?.listed).toEqual([
      {
        ...{ id: "1234", size: 678, sender: "a@example.com" },
        recipients: [{ channel: "local", address: "example-alice@example.org" }],
      },
    ]);
  });

  test("counts the recipients of some domains", async () => {
    const { result } = await lookWith(qmailQueue, { domains: ["example.org"] }, host(listing));
    expect(result).toMatchObject({ messages: 2, local: 1, remote: 1 });
  });

  test("a queue that can't be read whole is a failure", async () => {
    const read = lookWith(qmailQueue, {}, host("warning: trouble with #7: access denied\n"));
    await expect(read).rejects.toThrow("trouble with #7");
  });

  test("takes no other words", async () => {
    expect(refuses(qmailQueue, { domains: [] })).toBeDefined();
    expect(refuses(qmailQueue, { queue: "local" })).toBeDefined();
    const elsewhere = host("", 0, "/opt/qmail");
    expect((await lookWith(qmailQueue, { qmail_directory: "/opt/qmail" }, elsewhere)).message).toBe("empty");
  });
});
