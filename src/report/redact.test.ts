import { describe, expect, it } from "vitest";
import { CommandFailed } from "../contract/errors.ts";
import type { RunEvent } from "../contract/events.ts";
import { Secret } from "../contract/secret.ts";
import { cleaned, createRedactor, withoutControls } from "./redact.ts";
import { failedCommand, taskOf } from "./testing/recorded-run.ts";

const password = "p'4 ss/wörd?";

describe("createRedactor", () => {
  const redactor = createRedactor();
  redactor.register(new Secret(password));

  it.each([
    ["as it is", password],
    ["in JSON", JSON.stringify({ p: `${password}"` })],
    ["percent-encoded", encodeURIComponent(password)],
    ["in a form", encodeURIComponent(password).replaceAll("%20", "+")],
    ["in hexadecimal", Buffer.from(password).toString("hex")],
    ["quoted for a shell", `'${password.replaceAll("'", `'\\''`)}'`],
    ["split by control bytes", "p'4\u0000 ss\u001b[1m/wörd?"],
  ])("masks a secret %s", (_how, text) => {
    const shown = redactor.clean(`before ${text} after`);
    expect(shown).toContain("********");
    expect(shown).not.toContain("ss");
  });

  it.each(["", "u", "us", "user"])("masks it in base64 of a longer text (%j before it)", (before) => {
    for (const encoding of ["base64", "base64url"] as const) {
      const encoded = Buffer.from(`${before}${password}:rest`).toString(encoding);
      const shown = redactor.clean(`Basic ${encoded}`);
      expect(shown).toContain("********");
      // What is left over holds no more than a byte of the secret at each end.
      const left = shown.replace("Basic ", "").split("********");
      expect(Buffer.from(left.join(""), encoding).toString()).not.toContain("ss/w");
    }
  });

  it("leaves short values alone, and masks the longer of two first", () => {
    const several = createRedactor();
    for (const value of ["abc", "geheim", "geheimnis"]) several.register(value);
    expect(several.clean("abc geheimnis geheim")).toBe("abc ******** ********");
  });
});

describe("withoutControls", () => {
  it("removes what a terminal would act on", () => {
    const hostile = "a\u001b]0;title\u0007b\u001b[2Jc\u009b31md\u0008e\u202ef\u0000g\r\nh\ti\rj\u007f";
    expect(withoutControls(hostile)).toBe("abcdefg\nh\ti\nj");
  });

  it("keeps letters of every script", () => {
    expect(withoutControls("Grüße, 例え, 👩‍👧")).toBe("Grüße, 例え, 👩‍👧");
  });
});

describe("cleaned", () => {
  it("cleans every text of an event, results and failures too", () => {
    const redactor = createRedactor();
    redactor.register("geheimnis");
    const seen: RunEvent[] = [];
    const listener = cleaned((event) => seen.push(event), redactor);
    const failure = new CommandFailed(["mysql", "-pgeheimnis"], {
      exitCode: 1,
      stdout: Buffer.from("\u001b[31mgeheimnis"),
      stderr: Buffer.from("geheimnis"),
    });
    listener({
      type: "task-finished",
      task: taskOf("t"),
      host: "h",
      durationMs: 1,
      outcome: { status: "failed", failure, result: { list: ["x geheimnis", { geheimnis: 1 }] } },
    });
    expect(JSON.stringify(seen)).not.toContain("geheimnis");
    const [event] = seen;
    if (event?.type !== "task-finished" || event.outcome.status !== "failed")
      throw new Error("another event");
    expect(event.outcome.failure).toBeInstanceOf(CommandFailed);
    expect(event.outcome.failure).toMatchObject({ kind: "task-failed", exitCode: 1, stdout: "********" });
    expect(event.outcome.failure.message).toBe("mysql ended with exit code 1: ********");
  });

  it("does not touch the engine's own event", () => {
    const before = failedCommand.stdout;
    cleaned(
      () => undefined,
      createRedactor(),
    )({
      type: "task-finished",
      task: taskOf("t"),
      host: "h",
      durationMs: 1,
      outcome: { status: "failed", failure: failedCommand, result: {} },
    });
    expect(failedCommand.stdout).toBe(before);
  });
});
