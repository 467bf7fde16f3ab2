import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { longOutput, unpackLong } from "./long-output.ts";

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

test("what was packed is unpacked whole, or a fault that names the host", async () => {
  const text = Buffer.from("\u00ff\0".repeat(1000), "latin1");
  expect(await unpackLong(gzipSync(text), "old")).toEqual(text);
  await expect(unpackLong(gzipSync(text), "old", text.length - 1)).rejects.toThrow(
    "old answered with more than",
  );
  for (const broken of [gzipSync(text).subarray(0, -1), Buffer.alloc(0), text]) {
    await expect(unpackLong(broken, "old")).rejects.toThrow(
      "what old packed by gzip came cut short or damaged",
    );
  }
});
