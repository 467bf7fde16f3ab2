import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { BadInput, type Failure, Refused } from "../contract/errors.ts";
import type { Json } from "../contract/json.ts";
import { createRedactor } from "../report/redact.ts";
import { createPrompter } from "./prompter.ts";
import { Collected } from "./testing/run-in-memory.ts";

const confirm = { key: "go-on", message: "Go on?" };
const typed = { key: "confirm-cutover", message: "Type the name.", expected: "mail-old" };
const choices = [
  { value: "retry", label: "Try again" },
  { value: "stop", label: "Stop here" },
];
const select = { key: "on-failure", message: "What now?", choices };

interface Setting {
  readonly interactive?: boolean;
  readonly answers?: Readonly<Record<string, Json>>;
  readonly assumeYes?: boolean;
}

function setUp({ interactive = true, answers = {}, assumeYes = false }: Setting = {}) {
  const input = new PassThrough();
  const output = new Collected();
  const stopping = new AbortController();
  const redactor = createRedactor();
  const said: string[] = [];
  let interrupts = 0;
  const prompter = createPrompter({
    input,
    output,
    interactive,
    answers: new Map(Object.entries(answers)),
    assumeYes,
    redactor,
    say: (text) => said.push(text),
    screen: { suspend: () => said.push("suspend"), resume: () => said.push("resume") },
    stopping: stopping.signal,
    onInterrupt: () => {
      interrupts += 1;
    },
  });
  /** Waits until the question stands there, then types. */
  const type = async (keys: string, question: string) => {
    await expect.poll(() => stripVTControlCharacters(output.text), { timeout: 10_000 }).toContain(question);
    input.write(keys);
  };
  return { prompter, input, output, stopping, redactor, said, type, interrupts: () => interrupts };
}

const failureOf = async (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    (answer) => answer,
    (error: unknown) => error,
  );

describe("a person at a terminal", () => {
  it("answers, while nothing else uses the screen", async () => {
    const { prompter, type, said } = setUp();
    const asked = prompter.confirm(confirm);
    await type("y\r", "Go on?");
    expect(await asked).toBe(true);
    expect(said).toEqual(["suspend", "resume"]);
  });

  it("has not said yes by pressing Enter", async () => {
    const { prompter, type } = setUp();
    const asked = prompter.confirm(confirm);
    await type("\r", "Go on?");
    expect(await asked).toBe(false);
  });

  it.each([
    ["mail-old", true],
    ["mail-ol", false],
    ["yes", false],
    ["", false],
  ])("types %j where the name is wanted: %s", async (text, goesOn) => {
    const { prompter, type } = setUp();
    const asked = prompter.typed(typed);
    await type(`${text}\r`, "Type the name.");
    expect(await asked).toBe(goesOn);
  });

  it("chooses from a list", async () => {
    const { prompter, type } = setUp();
    const asked = prompter.select(select);
    await type("\u001b[B\r", "Stop here");
    expect(await asked).toBe("stop");
  });

  it("gives a secret that is not shown, and masked from then on", async () => {
    const { prompter, type, output, redactor } = setUp();
    const asked = prompter.input({ key: "password", message: "Password?", secret: true });
    await type("geheimnis\r", "Password?");
    expect(await asked).toBe("geheimnis");
    expect(output.text).not.toContain("geheimnis");
    expect(redactor.clean("geheimnis")).toBe("********");
  });

  it("interrupts with Ctrl-C", async () => {
    const { prompter, type, interrupts } = setUp();
    const asked = failureOf(prompter.confirm(confirm));
    await type("\u0003", "Go on?");
    expect(await asked).toMatchObject({ kind: "interrupted" });
    expect(interrupts()).toBe(1);
  });

  it.each([
    ["Ctrl-D", (input: PassThrough) => input.write("\u0004")],
    ["the end of the input", (input: PassThrough) => input.end()],
  ])("has not answered with %s", async (_name, end) => {
    const { prompter, type, input } = setUp();
    const asked = failureOf(prompter.typed(typed));
    await type("", "Type the name.");
    end(input);
    expect(await asked).toBeInstanceOf(Refused);
  });

  it("is not asked any more once the run is to stop", async () => {
    const { prompter, type, stopping } = setUp();
    const asked = failureOf(prompter.confirm(confirm));
    await type("", "Go on?");
    stopping.abort();
    expect(await asked).toMatchObject({ kind: "interrupted" });
    expect(await failureOf(prompter.confirm(confirm))).toMatchObject({ kind: "interrupted" });
  });

  it("is asked one question after the other", async () => {
    const { prompter, type } = setUp();
    const both = Promise.all([prompter.confirm(confirm), prompter.typed(typed)]);
    await type("y\r", "Go on?");
    await type("mail-old\r", "Type the name.");
    expect(await both).toEqual([true, true]);
  });

  it("sees a question without what a host could do to the screen", async () => {
    const { prompter, type, output } = setUp();
    const asked = prompter.confirm({ key: "k", message: "Go\u001b]0;owned\u0007 on?" });
    await type("y\r", "Go on?");
    await asked;
    expect(output.text).not.toContain("owned");
  });
});

describe("nobody at a terminal", () => {
  it.each(["confirm", "typed", "input", "select"] as const)(
    "refuses %s and says how to answer",
    async (kind) => {
      const { prompter } = setUp({ interactive: false });
      const asked = { confirm, typed, input: { key: "name", message: "Name?" }, select };
      const failure = await failureOf(
        kind === "confirm"
          ? prompter.confirm(asked.confirm)
          : kind === "typed"
            ? prompter.typed(asked.typed)
            : kind === "input"
              ? prompter.input(asked.input)
              : prompter.select(asked.select),
      );
      expect(failure).toBeInstanceOf(Refused);
      expect((failure as Failure).next).toContain(`${asked[kind].key}: …`);
    },
  );

  it("takes yes for a confirmation with --yes, and for nothing else", async () => {
    const { prompter } = setUp({ interactive: false, assumeYes: true });
    expect(await prompter.confirm(confirm)).toBe(true);
    expect(await failureOf(prompter.typed(typed))).toBeInstanceOf(Refused);
    expect(await failureOf(prompter.select(select))).toBeInstanceOf(Refused);
  });

  it("takes the answers of the file, and tells which", async () => {
    const answers = { "go-on": "no", "confirm-cutover": "mail-old", "on-failure": "stop", port: 25 };
    const { prompter, said } = setUp({ interactive: false, assumeYes: true, answers });
    expect(await prompter.confirm(confirm)).toBe(false);
    expect(await prompter.typed(typed)).toBe(true);
    expect(await prompter.select(select)).toBe("stop");
    expect(await prompter.input({ key: "port", message: "Port?" })).toBe("25");
    expect(said[0]).toBe('Go on? no (answer "go-on" of the file)');
  });

  it("does not go on with another word in the file than the one wanted", async () => {
    const { prompter } = setUp({ interactive: false, answers: { "confirm-cutover": "yes" } });
    expect(await prompter.typed(typed)).toBe(false);
  });

  it.each([
    ["go-on", "maybe"],
    ["on-failure", "panic"],
    ["on-failure", ["stop"]],
  ])("refuses %s: %j in the file", async (key, answer) => {
    const { prompter } = setUp({ interactive: false, answers: { [key]: answer } });
    const asked = key === "go-on" ? prompter.confirm(confirm) : prompter.select(select);
    expect(await failureOf(asked)).toBeInstanceOf(BadInput);
  });

  it("does not tell a secret of the file", async () => {
    const { prompter, said } = setUp({ interactive: false, answers: { password: "geheimnis" } });
    await prompter.input({ key: "password", message: "Password?", secret: true });
    expect(said.join("")).not.toContain("geheimnis");
  });
});
