import { describe, expect, test } from "vitest";
import { headersHash, messageIdIn, pairMessages } from "./message-identity.ts";

describe("messageIdIn", () => {
  test.each([
    ["Message-ID: <1@x>\r\n\r\n", "<1@x>"],
    ["MESSAGE-id:\r\n <1@x>\r\n\r\n", "<1@x>"],
    ["Message-Id : <1 @x> \n\n", "<1@x>"],
    ["Message-ID: <1@x>\r\nMessage-ID: <2@x>\r\n", "<1@x> <2@x>"],
    ["\r\n", undefined],
    ["Message-ID: \r\n\r\n", undefined],
    ["X-Message-ID: <1@x>\r\n\r\n", undefined],
  ])("of %j is %j", (headers, id) => {
    expect(messageIdIn(Buffer.from(headers))).toBe(id);
  });
});

test("headersHash does not see how lines end, and sees all else", () => {
  const hash = headersHash(Buffer.from("Subject: a\r\nTo: b\r\n\r\n"));
  expect(headersHash(Buffer.from("Subject: a\nTo: b\n"))).toBe(hash);
  expect(headersHash(Buffer.from("Subject: a\r\nTo: c\r\n\r\n"))).not.toBe(hash);
});

describe("pairMessages", () => {
  const message = (uid: number, identity: string, size = 10) => ({ uid, identity, size });

  test("pairs by identity and size, each message once", () => {
    const old = [message(3, "a"), message(1, "a"), message(2, "b"), message(4, "c", 11)];
    const current = [message(20, "a"), message(10, "b"), message(30, "c", 12)];
    expect([...pairMessages(old, current)]).toEqual([
      [1, 20],
      [2, 10],
    ]);
  });

  test("what is there twice is paired in order", () => {
    const old = [message(1, "a"), message(2, "a")];
    expect([...pairMessages(old, [message(9, "a"), message(8, "a")])]).toEqual([
      [1, 8],
      [2, 9],
    ]);
  });
});
