import { beforeEach, describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { script } from "./script.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

const home = "/root/.mailferry-0";

describe("script", () => {
  let ran: { argv: readonly string[]; content: string; directory: string | undefined }[];
  let host: FakeHost;
  const context = () =>
    fakeContext({
      projectFiles: { "files/sub/do it.sh": "#!/bin/sh\necho $1\n", "files/bare": "print(1)\n" },
    });

  beforeEach(() => {
    ran = [];
    host = new FakeHost({ files: { "/root": { type: "directory" }, "/srv/made": "" } });
    host.answer(["/bin/sh", "-c"], () => {
      host.tree.put(home, { type: "directory", mode: "0700" });
      return `${home}\n`;
    });
    for (const argv of [[`${home}/script`], ["python3", `${home}/script`]]) {
      host.answer(argv, ({ argv: words, options }) => {
        const content = String(host.tree.read(`${home}/script`));
        ran.push({ argv: words, content, directory: options.directory });
        return words.includes("bad") ? { exitCode: 3, stderr: "no" } : "done\n";
      });
    }
  });

  test("runs it with its arguments and takes it away", async () => {
    const args = { cmd: "'sub/do it.sh' one 'two three'", chdir: "/srv" };
    const { change, applied } = await runModule(script, args, host, context());
    expect(change?.summary).toBe("run the script 'sub/do it.sh' one 'two three'");
    expect(ran).toEqual([
      { argv: [`${home}/script`, "one", "two three"], content: "#!/bin/sh\necho $1\n", directory: "/srv" },
    ]);
    expect(applied?.result).toMatchObject({ rc: 0, stdout: "done" });
    expect(host.writes[0]?.options.mode).toBe("0700");
    expect(host.tree.under(home)).toEqual([]);
  });

  test("takes it away after a failure too", async () => {
    const run = runModule(script, { cmd: "'sub/do it.sh' bad" }, host, context());
    await expect(run).rejects.toThrow("exit code 3: no");
    expect(host.tree.under(home)).toEqual([]);
  });

  test("is run by a program that is named", async () => {
    await runModule(script, { cmd: "bare x", executable: "python3" }, host, context());
    expect(ran.map(({ argv }) => argv)).toEqual([["python3", `${home}/script`, "x"]]);
    await expect(runModule(script, { cmd: "bare" }, host, context())).rejects.toBeInstanceOf(BadInput);
  });

  test.each([{ creates: "/srv/made" }, { removes: "/srv/none" }])("does nothing with %j", async (words) => {
    const { change } = await runModule(script, { cmd: "'sub/do it.sh'", ...words }, host, context());
    expect(change).toBeUndefined();
  });

  test("refuses a script that is not in the project", async () => {
    await expect(runModule(script, { cmd: "none.sh" }, host, context())).rejects.toThrow("no file");
  });

  test.each([{}, { cmd: "" }, { cmd: "a", chdir: "b" }, { cmd: "a", stdin: "b" }])(
    "its schema refuses %j",
    (args) => expect(refuses(script, args)).toBeDefined(),
  );
});
