import { expect, test } from "vitest";
import { nulRecords } from "./nul-records.ts";

test("a host that sends without an end is heard no longer than a record can be", async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      sent += 1;
      yield Buffer.alloc(1 << 18, "x");
    }
  }
  const read = async () => {
    for await (const records of nulRecords(endless())) expect(records).toEqual([]);
  };
  await expect(read()).rejects.toThrow("which no find prints");
  expect(sent).toBe(5);
});
