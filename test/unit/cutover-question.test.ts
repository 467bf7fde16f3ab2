import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Stages {
  readonly stages: readonly { readonly name: string; readonly confirm?: string }[];
}

describe("the cutover's question", () => {
  const { stages } = parse(read("playbooks/bullseye-to-trixie.yml")) as Stages;
  const question = stages.find(({ name }) => name === "cutover")?.confirm ?? "";

  test("says that one more copy comes before the freeze", () => {
    expect(question).toContain("after one more copy");
  });

  test("stands in the README as it is asked", () => {
    expect(read("README.md")).toContain(question.replace("{{old_host}}", "mail-old.example.org"));
  });
});
