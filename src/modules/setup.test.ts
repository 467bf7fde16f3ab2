import { describe, expect, test } from "vitest";
import { setup } from "./setup.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

const factsAfter = async (args: Parameters<typeof setup.look>[0]) => {
  const { result } = await lookWith(setup, args, new FakeHost());
  return Object.keys((result?.facts ?? {}) as object);
};

describe("setup", () => {
  test("finds out what is asked for, and nothing else", async () => {
    const { result, facts } = await lookWith(setup, { filter: "host*" }, new FakeHost());
    expect(result).toEqual({ facts: { hostname: "mail-new" } });
    expect(facts).toEqual({ hostname: "mail-new" });
  });

  test("takes patterns, one or several", async () => {
    expect(await factsAfter({ filter: ["distribution_*", "ui?"] })).toEqual([
      "distribution_version",
      "distribution_codename",
      "uid",
    ]);
    expect(await factsAfter({ filter: "host" })).toEqual([]);
  });

  test("takes subsets, and takes them away", async () => {
    expect(await factsAfter({})).toEqual(Object.keys(new FakeHost().facts));
    expect(await factsAfter({ gather_subset: "min" })).not.toContain("processors");
    expect(await factsAfter({ gather_subset: "min" })).toContain("hostname");
    expect(await factsAfter({ gather_subset: ["!all", "hardware", "!min"] })).toEqual(
      expect.arrayContaining(["processors", "memory_bytes", "mounts"]),
    );
    expect(await factsAfter({ gather_subset: ["network", "!min"] })).toEqual(
      expect.arrayContaining(["interfaces", "default_ipv4", "all_ipv6_addresses"]),
    );
    expect(await factsAfter({ gather_subset: "!network" })).not.toContain("default_ipv4");
    expect(await factsAfter({ gather_subset: "!programs" })).toContain("clock");
    expect(await factsAfter({ gather_subset: "!programs" })).not.toContain("versions");
  });

  test.each([
    { filter: "host[0]" },
    { filter: [] },
    { gather_subset: "virtual" },
    { fact_path: "/etc/ansible" },
  ])("its schema refuses %j", (args) => expect(refuses(setup, args)).toBeDefined());
});
