import { describe, expect, test } from "vitest";
import { group } from "./group.ts";
import { type FakeCommand, FakeHost } from "./testing/fake-host.ts";
import { refuses, registeredBy, runModule } from "./testing/run-module.ts";

/** The groups of a host by name, and shadow's commands that change them. */
function groupsOf(groups: Record<string, string>): FakeCommand[] {
  const put = (argv: readonly string[]): string => {
    groups[argv.at(-1) ?? ""] = argv.includes("--gid") ? (argv[argv.indexOf("--gid") + 1] ?? "") : "999";
    return "";
  };
  return [
    {
      argv: ["getent", "group"],
      answer: ({ argv }) => {
        const [name = ""] = argv.slice(-1);
        return groups[name] === undefined ? { exitCode: 2 } : `${name}:x:${groups[name]}:\n`;
      },
    },
    { argv: ["groupadd"], answer: ({ argv }) => put(argv) },
    { argv: ["groupmod"], answer: ({ argv }) => put(argv) },
    {
      argv: ["groupdel"],
      answer: ({ argv }) => {
        delete groups[argv.at(-1) ?? ""];
        return "";
      },
    },
  ];
}

describe("group", () => {
  test("makes a group, changes its number and removes it", async () => {
    const host = new FakeHost({ commands: groupsOf({}) });
    const args = { name: "vmail", gid: 5000, system: true };
    const made = await runModule(group, args, host);
    const known = { name: "vmail", state: "present", gid: 5000 };
    expect(await registeredBy(group, args, host, made)).toEqual(known);
    expect(await registeredBy(group, args, host)).toEqual(known);
    expect(made.left).toBeUndefined();
    expect((await runModule(group, { name: "vmail" }, host)).change).toBeUndefined();
    const changed = await runModule(group, { name: "vmail", gid: 8, non_unique: true }, host);
    expect(changed.change?.summary).toBe("group vmail: gid 5000 → 8");
    expect(changed.left).toBeUndefined();
    const gone = await runModule(group, { name: "vmail", state: "absent" }, host);
    expect(gone.change?.result).toEqual({ name: "vmail", state: "absent" });
    expect(gone.left).toBeUndefined();
    expect(host.changesRun()).toEqual([
      "groupadd --gid 5000 --system -- vmail",
      "groupmod --gid 8 --non-unique -- vmail",
      "groupdel -- vmail",
    ]);
  });

  test.each([{}, { name: "0" }, { name: "a", gid: "5" }, { name: "a", non_unique: true }])(
    "its schema refuses %j",
    (args) => expect(refuses(group, args)).toBeDefined(),
  );
});
