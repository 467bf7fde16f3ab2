import { describe, expect, test } from "vitest";
import { compareCopies, type ShownMessage } from "./copy-comparison.ts";
import { exceptionLine, type ProofException } from "./proof.ts";

function message(identity: string, flags: readonly string[] = [], size = 10): ShownMessage {
  return { uid: 1, identity, size, flags };
}

function compare(old: readonly ShownMessage[], current: readonly ShownMessage[]) {
  const exceptions: ProofException[] = [];
  const folder = { mailbox: "john", folder: "INBOX", old, current };
  const counts = compareCopies(folder, (exception) => exceptions.push(exception));
  return { counts, lines: exceptions.map((exception) => exceptionLine(exception)) };
}

describe("compareCopies", () => {
  test("sees what is on both, missing, extra and of other flags", () => {
    const { counts, lines } = compare(
      [message("a"), message("b", ["\\Seen"]), message("c"), message("d", [], 11)],
      [message("a"), message("b"), message("d", [], 12)],
    );
    expect(counts).toMatchObject({ "on-both": 2, missing: 2, extra: 1, "flags-differ": 1 });
    expect(lines).toEqual([
      "flags-differ: john INBOX b (UID 1, 10 bytes) (old: \\Seen, new: none)",
      "missing: john INBOX c (UID 1, 10 bytes)",
      "missing: john INBOX d (UID 1, 11 bytes)",
      "extra: john INBOX d (UID 1, 12 bytes)",
    ]);
  });

  test("counts what is there twice, and matches it by flags", () => {
    const twins = [message("a", ["\\Seen"]), message("a"), message("a")];
    expect(compare(twins, [...twins].reverse()).lines).toEqual([]);
    expect(compare(twins, twins.slice(1)).counts).toMatchObject({ "on-both": 2, missing: 1 });
    expect(compare(twins.slice(1), twins).counts).toMatchObject({ "on-both": 2, extra: 1 });
    expect(compare([message("a", ["x"])], [message("a", ["y"])]).counts).toMatchObject({
      ...{ "on-both": 1, missing: 0, extra: 0, "flags-differ": 1 },
    });
  });
});
