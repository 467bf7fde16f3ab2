import process from "node:process";
import fc from "fast-check";

const fuzzSeconds = Number(process.env.FUZZ_SECONDS ?? 0);

/**
 * How long each reader is tried, and with which seed: 300 texts, or for FUZZ_SECONDS. They are the same texts each time; how many of
 * them a machine reaches in that time is not. `FUZZ_SECONDS=300 FUZZ_SEED=$RANDOM` looks for new faults. A failure tells seed and path.
 */
export const effort = effortOfOne(1);

/** The effort of one test where several try the same reader. */
export function effortOfOne(tests: number) {
  return {
    seed: Number(process.env.FUZZ_SEED ?? 1),
    ...(fuzzSeconds > 0
      ? { numRuns: Number.POSITIVE_INFINITY, interruptAfterTimeLimit: (fuzzSeconds * 1000) / tests }
      : { numRuns: 300 }),
  };
}

/** Texts that are nearly what a reader expects: sound ones with parts taken out, doubled, or replaced by anything. */
export function nearly(sound: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 12 }),
    put: fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: "binary", maxLength: 8 })),
  });
  return fc
    .tuple(fc.constantFrom(...sound), fc.array(edit, { maxLength: 6 }))
    .map(([text, edits]) => edits.reduce(edited, text));
}

/** Bytes that are nearly what a reader expects. */
export function nearlyBytes(sound: Uint8Array): fc.Arbitrary<Buffer> {
  const text = Buffer.from(sound).toString("latin1");
  return nearly([text]).map((near) => Buffer.from(near, "latin1"));
}

/** Whatever a host or a person gives: a reader gives back a value of its own form and never throws. */
export function neverThrows(sound: readonly string[], read: (text: string) => unknown, tried = effort): void {
  const anything = fc.oneof(nearly(sound), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(anything, (text) => {
      read(text);
    }),
    tried,
  );
}

const awkward = [
  ...[
    "",
    "\n",
    "\r\n",
    "\t",
    "\0",
    " ",
    ":",
    "{{",
    "}}",
    "- ",
    "*a",
    "&a ",
    "!x ",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
  ],
  ...[
    "../",
    "/",
    "%s",
    "-1",
    "0",
    "99999999999999999999",
    "1e999",
    "null",
    "__proto__",
    "constructor",
    "\u202e",
  ],
  ...["\ud800", "é", "\u001b[2J", "#", "|", ",", "=", "\\", "$(x)", "`x`", ";", "a".repeat(2000)],
];

function edited(
  text: string,
  edit: { readonly at: number; readonly length: number; readonly put: string },
): string {
  const start = Math.floor(edit.at * text.length);
  return text.slice(0, start) + edit.put + text.slice(start + edit.length);
}
