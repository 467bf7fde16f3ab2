import { describe, expect, test } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { template } from "./template.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

describe("template", () => {
  const context = () =>
    fakeContext({ projectFiles: { "templates/a.hbs": "host = {{name}}\n" }, variables: { name: "x" } });

  test("renders into a file, then has nothing left to do", async () => {
    const host = new FakeHost({ files: { "/etc/a": "host = y\n" } });
    const { change, left } = await runModule(template, { src: "a.hbs", dest: "/etc/a" }, host, context());
    expect(change?.diff).toEqual([{ path: "/etc/a", before: "host = y\n", after: "host = x\n" }]);
    expect(await host.readText("/etc/a")).toBe("host = x\n");
    expect(left).toBeUndefined();
  });

  test("refuses a template that is no text", async () => {
    const binary = fakeContext({ projectFiles: { "templates/a": Buffer.from([255]) } });
    const run = runModule(template, { src: "a", dest: "/etc/a" }, new FakeHost(), binary);
    await expect(run).rejects.toBeInstanceOf(BadInput);
  });

  test.each([
    { src: "a" },
    { src: "", dest: "/a" },
    { src: "a", dest: "/a/" },
    { src: "a", dest: "/a", content: "" },
  ])("its schema refuses %j", (args) => expect(refuses(template, args)).toBeDefined());
});
