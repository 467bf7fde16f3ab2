import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { BadInput, CommandFailed, Failure, Refused, Unreachable } from "../contract/errors.ts";
import { createRedactor } from "../report/redact.ts";
import { printFailure } from "./print-failure.ts";
import { Collected } from "./testing/run-in-memory.ts";

async function print(error: unknown, argv: readonly string[] = []): Promise<{ code: number; text: string }> {
  const stderr = new Collected();
  const redactor = createRedactor();
  redactor.register("geheimnis");
  const context = {
    surroundings: {
      argv,
      stdin: new PassThrough(),
      stdout: new Collected(),
      stderr,
      environment: {},
      cwd: "/project",
      signals: new EventEmitter(),
    },
    out: () => undefined,
    err: (text: string) => stderr.write(text),
    redactor,
  };
  return { code: await printFailure(error, context), text: stderr.text };
}

const place = { file: "/project/play.yml", line: 3, column: 7 };

it.each([
  [new Failure("task-failed", "no"), 1],
  [new BadInput([{ message: "no" }]), 2],
  [new Unreachable("no"), 3],
  [new Refused("no"), 4],
  [new Failure("proof-failed", "no"), 5],
  [new Failure("interrupted", "no"), 130],
  [new TypeError("no"), 1],
])("ends %s with its exit code", async (error, code) => {
  expect((await print(error)).code).toBe(code);
});

it("says what, at which host, where, and what to do next", async () => {
  const failure = new Refused("the lock is held", { host: "mail-old", place, next: "wait" });
  expect((await print(failure)).text).toBe(
    "refused: mail-old: the lock is held\n  at play.yml:3:7\n  next: wait\n",
  );
});

it("tells every problem of the files", async () => {
  const { text } = await print(
    new BadInput([
      { message: "unknown key `hots`", place, hint: "did you mean `hosts`?" },
      { message: "no `new`", place: { file: "/elsewhere/i.yml", line: 1, column: 1 } },
    ]),
  );
  expect(text).toContain("play.yml:3:7: unknown key `hots`\n");
  expect(text).toContain("did you mean `hosts`?");
  expect(text).toContain("/elsewhere/i.yml:1:1: no `new`\n");
});

it("keeps a command's two outputs apart, and masks secrets", async () => {
  const failure = new CommandFailed(["mysql"], {
    exitCode: 1,
    stdout: Buffer.from("told geheimnis"),
    stderr: Buffer.from("1\n2\n3\n4"),
  });
  expect((await print(failure)).text).toBe(
    "error: mysql ended with exit code 1\n  stdout:\n    told ********\n  stderr:\n    1\n    2\n    3\n    4\n",
  );
});

it("shows what is not as it was, as a short diff without secrets", async () => {
  const after = Array.from({ length: 60 }, (_, line) => `line ${line}\n`).join("");
  const diffs = [
    { path: "playbook.yml", before: "a: 1\nb: geheimnis\n", after: "a: 2\nb: geheimnis\n" },
    { path: "new.yml", before: undefined, after },
  ];
  const { text } = await print(new Refused("it was changed", { diffs, next: "look" }));
  expect(text).toContain("  -a: 1\n  +a: 2\n   b: ********\n");
  expect(text).toContain("  +++ new.yml\tafter\n");
  expect(text).toMatch(/line 36\n {2}… and \d+ more lines\n {2}next: look\n$/);
});

it("shows a stack only with --debug", async () => {
  const error = new TypeError("x is not a function", { cause: new Error("because") });
  expect((await print(error)).text).toBe(
    "error: x is not a function\n  next: this is a fault of Mailferry; run it again with --debug and report what it prints\n",
  );
  const { text } = await print(error, ["--debug"]);
  expect(text).toContain("at ");
  expect(text).toContain("caused by: Error: because");
});

it.each([
  ["ENOSPC", 1, "no space left"],
  ["EROFS", 2, "read-only"],
  ["EACCES", 2, "permission denied"],
])("says in words what the system says with %s", async (code, exitCode, words) => {
  const error = Object.assign(new Error(code), { code, path: "/state", syscall: "open" });
  const printed = await print(error);
  expect(printed.code).toBe(exitCode);
  expect(printed.text).toContain(`/state: `);
  expect(printed.text).toContain(words);
  expect(printed.text).toContain("next: ");
});
