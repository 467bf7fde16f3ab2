import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { soakedPlaybook } from "./soaked-playbooks.ts";

test("a playbook that is soaked has a file of its name, by which scripts/soak knows it", () => {
  const names = readdirSync(new URL("playbooks", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));
  expect(names.map((name) => soakedPlaybook(name).name)).toEqual(names);
  expect(() => soakedPlaybook("none")).toThrow(/^the soak knows no none, but bullseye-to-trixie, /);
});

test("every playbook that comes with Mailferry is soaked", () => {
  const files = readdirSync(new URL("../../playbooks", import.meta.url));
  const names = files.map((file) => file.replace(/\.yml$/, ""));
  expect(names.map((name) => soakedPlaybook(name).name)).toEqual(names);
});
