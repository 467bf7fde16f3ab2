import { describe, expect, test } from "vitest";
import { BadInput, OutcomeUnknown } from "../contract/errors.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { type FakeAnswer, FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";
import { waitFor } from "./wait-for.ts";

const closed = { exitCode: 3 };
const quick = { sleep: 0.001, timeout: 0.05 };

/** A host whose port answers each look with the next of these, and then with the last for ever. */
function hostWithPort(...answers: readonly FakeAnswer[]): FakeHost {
  const left = [...answers];
  const next = (): FakeAnswer | undefined => (left.length > 1 ? left.shift() : left[0]);
  return new FakeHost({ commands: [{ argv: ["timeout"], answer: next }] });
}

describe("wait_for", () => {
  test("looks at a port until it is open", async () => {
    const host = hostWithPort(closed, closed, "");
    const context = fakeContext();
    const { result } = await lookWith(waitFor, { port: 25, ...quick, timeout: 60 }, host, context);
    expect(result).toMatchObject({ reached: true });
    expect(host.commands.length).toBe(3);
    expect(host.commands[0]?.argv.slice(-3)).toEqual(["127.0.0.1", "25", ""]);
    expect(context.progressSeen[0]).toMatchObject({ text: "port 25 on 127.0.0.1 is closed" });
  });

  test("looks at a port until it is closed", async () => {
    const host = hostWithPort("", closed);
    await lookWith(waitFor, { port: 25, host: "::1", state: "stopped", ...quick, timeout: 60 }, host);
    expect(host.commands.length).toBe(2);
  });

  test("reads what the port says", async () => {
    const host = hostWithPort("421 busy\r\n", "220 ready\r\n");
    await lookWith(waitFor, { port: 25, search_regex: "^220 ", ...quick, timeout: 60 }, host);
    expect(host.commands.length).toBe(2);
  });

  test("waits until nobody is connected any more", async () => {
    const heading = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n";
    const left = [`${heading}ESTAB 0 0 a b\n`, heading];
    const host = new FakeHost({ commands: [{ argv: ["ss"], answer: () => left.shift() }] });
    await lookWith(waitFor, { port: 143, state: "drained", ...quick, timeout: 60 }, host);
    expect(host.commands.length).toBe(2);
  });

  test("waits for a path, for what it holds, and for its end", async () => {
    const host = new FakeHost({ files: { "/run/a": "one\nready\n" } });
    await lookWith(waitFor, { path: "/run/a", search_regex: "^ready$" }, host);
    await lookWith(waitFor, { path: "/run/b", state: "absent" }, host);
    await expect(lookWith(waitFor, { path: "/run/b", ...quick }, host)).rejects.toThrow(
      "/run/b is not there, after",
    );
    const still = lookWith(waitFor, { path: "/run/a", state: "absent", ...quick }, host);
    await expect(still).rejects.toThrow("still there");
  });

  test("fails after its time, and says what it saw last", async () => {
    const look = lookWith(waitFor, { port: 25, ...quick }, hostWithPort(closed));
    await expect(look).rejects.toMatchObject({
      message: expect.stringContaining("port 25 on 127.0.0.1 is closed, after 0.05"),
    });
  });

  test("looks again after a lost link, and never takes it for an answer", async () => {
    const lost = new OutcomeUnknown("link lost");
    await lookWith(waitFor, { port: 25, ...quick, timeout: 60 }, hostWithPort(lost, ""));
    await expect(
      lookWith(waitFor, { port: 25, state: "stopped", ...quick }, hostWithPort(lost)),
    ).rejects.toBe(lost);
  });

  test("looks once in check mode", async () => {
    const context = fakeContext({ checkMode: true });
    const { result } = await lookWith(waitFor, { port: 25, delay: 60 }, hostWithPort(closed), context);
    expect(result).toMatchObject({ reached: false });
    expect(context.notices).toEqual(["would wait: port 25 on 127.0.0.1 is closed"]);
  });

  test("ends with the run", async () => {
    const context = fakeContext({ signal: AbortSignal.timeout(10) });
    await expect(lookWith(waitFor, { port: 25 }, hostWithPort(closed), context)).rejects.toThrow();
  });

  test("says what the host lacks, and what is no expression", async () => {
    await expect(lookWith(waitFor, { port: 25 }, hostWithPort({ exitCode: 127 }))).rejects.toThrow(
      "needs bash",
    );
    const look = lookWith(waitFor, { port: 25, search_regex: "(" }, hostWithPort(""));
    await expect(look).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    {},
    { port: 25, path: "/a" },
    { port: 0 },
    { port: "25" },
    { path: "a" },
    { path: "/a", host: "x" },
    { path: "/a", state: "drained" },
    { port: 25, state: "stopped", search_regex: "x" },
    { port: 25, timeout: -1 },
    { port: 25, msg: "x" },
  ])("its schema refuses %j", (args) => expect(refuses(waitFor, args)).toBeDefined());
});
