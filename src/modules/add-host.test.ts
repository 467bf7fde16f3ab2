import { describe, expect, test } from "vitest";
import { addHost } from "./add-host.ts";
import { groupBy } from "./group-by.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("add_host", () => {
  test("asks for a host with its groups and variables", async () => {
    const args = { name: "w9.example.org", groups: "web, fresh", ansible_host: "192.0.2.9", colour: "red" };
    expect(await lookWith(addHost, args)).toEqual({
      result: {
        add_host: {
          host_name: "w9.example.org",
          groups: ["web", "fresh"],
          host_vars: { ansible_host: "192.0.2.9", colour: "red" },
        },
      },
      inventory: {
        kind: "host",
        name: "w9.example.org",
        groups: ["web", "fresh"],
        variables: { ansible_host: "192.0.2.9", colour: "red" },
      },
    });
    expect((await lookWith(addHost, { name: "h:2222" })).inventory).toEqual({
      kind: "host",
      name: "h",
      groups: [],
      variables: { ansible_port: 2222 },
    });
  });

  test.each<object>([
    {},
    { name: "" },
    { name: "a", groups: [1] },
    { name: "a", group: "b" },
    { name: "a", "x-y": 1 },
  ])("its schema refuses %j", (args) => expect(refuses(addHost, args)).toBeDefined());
});

describe("group_by", () => {
  test("asks for a group and its parents", async () => {
    expect(
      (await lookWith(groupBy, { key: "os_Debian 12", parents: ["os", "all linux"] })).inventory,
    ).toEqual({
      kind: "group",
      group: "os_Debian-12",
      parents: ["os", "all-linux"],
    });
    expect((await lookWith(groupBy, { key: "x" })).result).toEqual({
      add_group: "x",
      parent_groups: ["all"],
    });
  });

  test.each<object>([{}, { key: "" }, { key: "a", parent: "b" }])("its schema refuses %j", (args) =>
    expect(refuses(groupBy, args)).toBeDefined(),
  );
});
