import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { openOutput } from "./output.ts";

it("goes on without a reader", async () => {
  const child = spawn("true", { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "close");
  const write = openOutput(child.stdin);
  for (let line = 0; line < 100; line += 1) {
    write("a line\n".repeat(10_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
});

it("drops what comes after the stream has broken", () => {
  const stream = new PassThrough();
  const write = openOutput(stream);
  write("before");
  stream.destroy(new Error("EPIPE"));
  write("after");
  expect(stream.destroyed).toBe(true);
});
