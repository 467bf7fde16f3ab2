import { expect, test } from "vitest";
import { longOutput } from "./long-output.ts";

test("keeps what came, byte for byte", () => {
  const output = longOutput("old");
  output.take(Buffer.from([0xff, 0]));
  output.take(Buffer.from("x"));
  expect(output.whole()).toEqual(Buffer.from([0xff, 0, 0x78]));
});

test("of an answer without an end nothing is kept, and the host is named", () => {
  const output = longOutput("old", 1024 * 1024);
  output.take(Buffer.alloc(1024 * 1024));
  expect(() => output.take(Buffer.alloc(1))).toThrow(
    "old answered with more than 1 MiB; the command was ended",
  );
  expect(output.whole()).toHaveLength(0);
});
