import { describe, expect, test } from "vitest";
import type { InventoryHost } from "../model/inventory.ts";
import { matchHosts, type Named } from "./host-pattern.ts";

const names = [
  ["web", ["w1.example.org", "w2.example.org", "w3.example.net", "w4.example.net"]],
  ["db", ["d1.example.org", "w1.example.org"]],
  ["staging", ["w2.example.org", "d1.example.org"]],
  ["empty", []],
  ["six", ["2001:db8::1", "2001:db8::2"]],
] as const;

const all = [...new Set(names.flatMap(([, hosts]) => hosts))];
const host = (name: string): [string, InventoryHost] => [
  name,
  {
    name,
    place: { file: "i", line: 1, column: 1 },
    groups: [],
    variables: {},
    spec: { name, connection: "ssh", address: name },
    become: false,
    becomeUser: "root",
  },
];
const named: Named = {
  hosts: new Map([...all, "control"].map(host)),
  groups: new Map<string, readonly string[]>([["all", all], ...names, ["control", ["control"]]]),
};

/** Hosts by their first letters, to keep the table narrow. */
const short = (hosts: readonly string[]) => hosts.map((name) => name.replace(/\.example\..*/, "")).join(" ");

describe("matchHosts", () => {
  test.each([
    ["all", "w1 w2 w3 w4 d1 2001:db8::1 2001:db8::2"],
    ["*", "w1 w2 w3 w4 d1 2001:db8::1 2001:db8::2"],
    ["web", "w1 w2 w3 w4"],
    ["w1.example.org", "w1"],
    ["db,web", "d1 w1 w2 w3 w4"],
    ["db:web", "d1 w1 w2 w3 w4"],
    [" db , w2.example.org ", "d1 w1 w2"],
    ["web:&staging", "w2"],
    ["web:!staging", "w1 w3 w4"],
    ["web,!staging", "w1 w3 w4"],
    ["!web", "d1 2001:db8::1 2001:db8::2"],
    ["&db", "w1 d1"],
    // Signs count in their own order, wherever they stand.
    ["!staging:web:db", "w1 w3 w4"],
    ["&db:web", "w1"],
    ["web:db:&staging:!d1.example.org", "w2"],
    ["*.example.org", "w1 w2 d1"],
    ["w*", "w1 w2 w3 w4"],
    ["w?.example.net", "w3 w4"],
    ["w[13].example.*", "w1 w3"],
    ["w[!13].example.*", "w2 w4"],
    ["~w[34]", "w3 w4"],
    ["~(web|db)$", "w1 w2 w3 w4 d1"],
    ["~.*\\.net", "w3 w4"],
    ["db,~(?:w4|w3)", "d1 w1 w3 w4"],
    ["web[0]", "w1"],
    ["web[-1]", "w4"],
    ["web[0:2]", "w1 w2 w3"],
    ["web[0-1]", "w1 w2"],
    ["web[1:]", "w2 w3 w4"],
    ["web[9]", ""],
    ["web[-9]", ""],
    ["web[1:]:!staging", "w3 w4"],
    ["*.example.net[0]", "w3"],
    ["2001:db8::1", "2001:db8::1"],
    ["2001:db8::1,db", "2001:db8::1 d1 w1"],
    ["all,!2001:db8::1", "w1 w2 w3 w4 d1 2001:db8::2"],
    ["localhost", "control"],
    ["127.0.0.1", "control"],
    ["control", "control"],
    ["all,control", "w1 w2 w3 w4 d1 2001:db8::1 2001:db8::2 control"],
    ["empty", ""],
    ["nobody*", ""],
    ["db:&empty", ""],
    ["", ""],
  ])("%s", (pattern, expected) => {
    const { hosts, faults } = matchHosts(pattern, named);
    expect(short(hosts)).toBe(expected);
    expect(faults).toEqual([]);
  });

  test.each([
    ["webb", [{ kind: "unknown-name", text: "webb", offset: 0 }]],
    ["web:!stagin", [{ kind: "unknown-name", text: "stagin", offset: 5 }]],
    ["nobody[0], db", [{ kind: "unknown-name", text: "nobody", offset: 0 }]],
    ["web, ~(w", [{ kind: "bad-expression", text: "~(w", offset: 5 }]],
    ["w[z-a]*", [{ kind: "bad-expression", text: "w[z-a]*", offset: 0 }]],
  ])("%s is wrong", (pattern, faults) => {
    expect(matchHosts(pattern, named).faults).toEqual(faults);
  });

  test("a host of the inventory's own goes before the machine itself", () => {
    const own: Named = { ...named, hosts: new Map([...named.hosts, host("localhost")]) };
    expect(matchHosts("localhost", own).hosts).toEqual(["localhost"]);
  });
});
