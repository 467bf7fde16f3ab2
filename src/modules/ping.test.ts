import { describe, expect, test } from "vitest";
import { ping } from "./ping.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

const answering = () =>
  new FakeHost({ commands: [{ argv: ["printf", "%s"], answer: ({ argv }) => argv[2] ?? "" }] });

describe("ping", () => {
  test("gives back what the host has printed", async () => {
    expect((await lookWith(ping, {}, answering())).result).toEqual({ ping: "pong" });
    expect((await lookWith(ping, { data: "hi" }, answering())).result).toEqual({ ping: "hi" });
  });

  test("fails when told to, and when the host can't run a command", async () => {
    await expect(lookWith(ping, { data: "crash" }, answering())).rejects.toThrow("boom");
    const broken = new FakeHost({ commands: [{ argv: ["printf"], answer: { exitCode: 126 } }] });
    await expect(lookWith(ping, {}, broken)).rejects.toThrow("exit code 126");
  });

  test.each([{ data: 1 }, { date: "x" }])("its schema refuses %j", (args) =>
    expect(refuses(ping, args)).toBeDefined(),
  );
});
