import { describe, expect, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { checkOnly, refuses, registeredBy, runModule } from "../testing/run-module.ts";
import { qmailControl } from "./qmail-control.ts";

const control = "/var/qmail/control";

function host(files: Readonly<Record<string, string>>): FakeHost {
  const named = Object.entries(files).map(([name, text]) => [`${control}/${name}`, text]);
  return new FakeHost({
    files: {
      "/var/lib/mailferry": { type: "directory" },
      [`${control}/me`]: "old.example.org\n",
      ...Object.fromEntries(named),
    },
    commands: [{ argv: ["/var/qmail/bin/qmail-newmrh"], answer: compile }],
  });
}

function compile(_call: unknown, { tree }: FakeHost): string {
  tree.put(`${control}/morercpthosts.cdb`, {});
  return "";
}

const textOf = (at: FakeHost, file: string) => at.tree.read(`${control}/${file}`)?.toString();

describe("qmail_control", () => {
  test("puts lines in and takes names out, once", async () => {
    const at = host({ rcpthosts: "localhost\n", locals: "localhost\nexample.org\n" });
    const added = await runModule(qmailControl, { file: "rcpthosts", present: ["example.org"] }, at);
    expect(added.left).toBeUndefined();
    expect(textOf(at, "rcpthosts")).toBe("localhost\nexample.org\n");
    const taken = await runModule(qmailControl, { file: "locals", absent: ["example.org"] }, at);
    expect(taken.left).toBeUndefined();
    expect(taken.change?.diff).toEqual([
      { path: `${control}/locals`, before: "localhost\nexample.org\n", after: "localhost\n" },
    ]);
  });

  test("says what makes qmail read the file", async () => {
    const at = host({ concurrencyremote: "20\n", smtproutes: "" });
    const held = { file: "concurrencyremote", value: "0" };
    expect(await registeredBy(qmailControl, held, at, await runModule(qmailControl, held, at))).toMatchObject(
      {
        read: "start",
      },
    );
    const routed = { file: "smtproutes", present: ["example.org:192.0.2.20"] };
    expect(await registeredBy(qmailControl, routed, at)).toMatchObject({ read: "each-use" });
  });

  test("puts back what was there before the first change, or that nothing was", async () => {
    const at = host({ locals: "example.org\n" });
    await runModule(qmailControl, { file: "locals", absent: ["example.org"], keep: true }, at);
    await runModule(qmailControl, { file: "locals", present: ["localhost"], keep: true }, at);
    await runModule(qmailControl, { file: "concurrencyremote", value: "0", keep: true }, at);
    for (const file of ["locals", "concurrencyremote"]) {
      const back = await runModule(qmailControl, { file, state: "restored" }, at);
      expect(back.left).toBeUndefined();
    }
    expect(textOf(at, "locals")).toBe("example.org\n");
    expect(textOf(at, "concurrencyremote")).toBeUndefined();
    // The next freeze keeps anew.
    await runModule(qmailControl, { file: "locals", absent: ["example.org"], keep: true }, at);
    expect(at.tree.read("/var/lib/mailferry/qmail-locals.json")?.toString()).toBe(
      '{"text":"example.org\\n"}',
    );
  });

  test("what is kept is kept before the change", async () => {
    const at = host({ locals: "example.org\n" });
    await runModule(qmailControl, { file: "locals", absent: ["example.org"], keep: true }, at);
    expect(at.writes.map(({ path }) => path)).toEqual([
      "/var/lib/mailferry/qmail-locals.json",
      `${control}/locals`,
    ]);
  });

  test("without a record there is nothing to put back", async () => {
    const at = host({ locals: "example.org\n" });
    const context = fakeContext();
    expect(await checkOnly(qmailControl, { file: "locals", state: "restored" }, at, context)).toBeUndefined();
  });

  test("morercpthosts is compiled, also when a run was killed before", async () => {
    const at = host({ morercpthosts: "example.net\n" });
    const owed = await runModule(qmailControl, { file: "morercpthosts", present: ["example.net"] }, at);
    expect(owed.change?.summary).toBe(`compile ${control}/morercpthosts`);
    expect(owed.left).toBeUndefined();
    await runModule(qmailControl, { file: "morercpthosts", present: ["example.org"] }, at);
    expect(at.changesRun()).toEqual(["/var/qmail/bin/qmail-newmrh", "/var/qmail/bin/qmail-newmrh"]);
  });

  test("no rcpthosts is made where qmail takes mail for every domain", async () => {
    const change = await checkOnly(
      ...([qmailControl, { file: "rcpthosts", present: ["example.org"] }, host({}), fakeContext()] as const),
    );
    expect(change).toBeUndefined();
  });

  test("qmail may live elsewhere", async () => {
    const at = new FakeHost({ files: { "/opt/qmail/control/locals": "a.org\n" } });
    await runModule(qmailControl, { file: "locals", absent: ["a.org"], qmail_directory: "/opt/qmail" }, at);
    expect(at.tree.read("/opt/qmail/control/locals")?.toString()).toBe("");
  });

  test.each([
    [{ file: "../locals", present: ["a"] }, "pattern"],
    [{ file: "locals" }, "oneOf"],
    [{ file: "locals", present: ["a"], absent: ["b"] }, "oneOf"],
    [{ file: "locals", present: ["a\nb"] }, "pattern"],
    [{ file: "me", value: "" }, "pattern"],
    [{ file: "locals", state: "kept" }, "allowed values"],
  ])("%j is refused", (args, words) => {
    expect(refuses(qmailControl, args)).toContain(words === "oneOf" ? "exactly one schema" : words);
  });
});
