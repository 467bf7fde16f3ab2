import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { isScreen, wantsColor } from "./surroundings.ts";

const terminal = Object.assign(new PassThrough(), { isTTY: true });
const pipe = new PassThrough();

describe("output", () => {
  it.each([
    ["a terminal", terminal, { TERM: "xterm" }, true],
    ["a pipe", pipe, { TERM: "xterm" }, false],
    ["a dumb terminal", terminal, { TERM: "dumb" }, false],
    ["NO_COLOR", terminal, { TERM: "xterm", NO_COLOR: "1" }, false],
    ["an empty NO_COLOR", terminal, { TERM: "xterm", NO_COLOR: "" }, true],
    ["FORCE_COLOR on a pipe", pipe, { FORCE_COLOR: "1" }, true],
    ["NO_COLOR over FORCE_COLOR", pipe, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    ["FORCE_COLOR=0", terminal, { FORCE_COLOR: "0" }, false],
  ])("is coloured only where somebody sees it: %s", (_, stream, environment, isColoured) => {
    expect(wantsColor(stream, environment)).toBe(isColoured);
  });

  it("is a screen only where a cursor can move", () => {
    expect([isScreen(terminal, {}), isScreen(terminal, { TERM: "dumb" }), isScreen(pipe, {})]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
