import { expect, it } from "vitest";
import { packageVersion } from "./package-root.ts";
import { runInMemory } from "./testing/run-in-memory.ts";

it("shows its help, for the program and for each command", async () => {
  const help = await runInMemory(["--help"]);
  expect(help).toMatchObject({ exitCode: 0, stderr: "" });
  for (const command of ["check", "plan", "run", "rollback", "status", "doc", "init", "lab"]) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command}[ |]`, "m"));
    const own = await runInMemory([command, "--help"]);
    expect(own.exitCode).toBe(0);
    expect(own.stdout).toContain(`Usage: mailferry ${command}`);
    const wide = own.stdout.split("\n").filter((line) => line.length > 80);
    expect(wide).toEqual([]);
  }
});

it("shows its version", async () => {
  expect(await runInMemory(["--version"])).toEqual({
    exitCode: 0,
    stdout: `${packageVersion()}\n`,
    stderr: "",
  });
});

it("shows its help when nothing is given, as bad input", async () => {
  const { exitCode, stdout } = await runInMemory([]);
  expect(exitCode).toBe(2);
  expect(stdout).toContain("Usage: mailferry");
});

it.each([
  [["chekc"], "unknown command 'chekc'", "Did you mean check?"],
  [["run", "x", "-i", "y", "--stgae", "z"], "unknown option '--stgae'", "Did you mean --stage?"],
  [["run", "x"], "required option '-i, --inventory <file>' not specified", ""],
  [["check", "-i", "y"], "missing required argument 'playbook'", ""],
  [["run", "x", "-i", "y", "--stage", "a", "--stage", "b"], "option '--stage <name>' is given twice", ""],
  [["run", "x", "-i", "y", "--yes", "--yes"], "option '--yes' is given twice", ""],
  [["run", "x", "-i", "y", "--on-failure", "panic"], "Allowed choices are retry, rollback, stop", ""],
  [["run", "x", "y", "-i", "z"], "too many arguments", ""],
  [["lab", "shell", "elsewhere"], "Allowed choices are old, new, dns, control", ""],
  [["lab", "upp"], "unknown command 'upp'", "Did you mean up?"],
])("refuses %j as bad input and says what is meant", async (argv, message, guess) => {
  const { exitCode, stdout, stderr } = await runInMemory(argv);
  expect(exitCode).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
  expect(stderr).toContain(guess);
});
