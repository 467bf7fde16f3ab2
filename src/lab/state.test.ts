import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  checkLabName,
  type LabState,
  listLabStates,
  readLabState,
  removeLabState,
  writeLabState,
} from "./state.ts";

let cache: string;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "mailferry-lab-"));
});

afterAll(() => rm(cache, { recursive: true }));

const state: LabState = {
  version: 2,
  name: "one",
  scenario: "bullseye-to-trixie",
  namespace: "mailferry-lab-one",
  directory: "/somewhere",
  createdAt: "2025-01-01T00:00:00.000Z",
  startedBy: 42,
  layers: { old: ["/b", "/a"], new: [], dns: [] },
};

describe("the state file of a lab", () => {
  it("is read as it was written, listed, and forgotten", async () => {
    expect(await readLabState(cache, "one")).toBeUndefined();
    expect(await listLabStates(cache)).toEqual([]);

    await writeLabState(cache, state);
    expect(await readLabState(cache, "one")).toEqual(state);
    expect(await listLabStates(cache)).toEqual(["one"]);

    await removeLabState(cache, "one");
    expect(await readLabState(cache, "one")).toBeUndefined();
  });

  it("is refused, with its path, when it is damaged or of another version", async () => {
    await writeLabState(cache, state);
    await writeFile(join(cache, "state", "one.json"), "{");
    await expect(readLabState(cache, "one")).rejects.toThrow(/one\.json is damaged/);
    await writeFile(join(cache, "state", "one.json"), '{"version":1}');
    await expect(readLabState(cache, "one")).rejects.toThrow(/another version/);
  });
});

describe("the name of a lab", () => {
  it.each(["a", "dev", "test-lab-1", "x".repeat(24)])("may be %s", (name) => {
    expect(() => checkLabName(name)).not.toThrow();
  });

  it.each(["", "-a", "a-", "A", "a b", "a/b", "..", "x".repeat(25)])("may not be %j", (name) => {
    expect(() => checkLabName(name)).toThrow(/can't be the name of a lab/);
  });
});
