import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ControlReader } from "../contract/control-reader.ts";
import { createRedactor } from "../report/redact.ts";
import type { CommandContext } from "./context.ts";
import { readControl } from "./read-control.ts";

let project = "";
let reader: ControlReader;
const redactor = createRedactor();

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "mailferry-control-"));
  mkdirSync(join(project, "playbooks"));
  writeFileSync(join(project, "motd"), "hello\n");
  const environment = { HOME: "/home/me", DNS_TOKEN: "geheim42" };
  const surroundings = { environment } as Partial<
    CommandContext["surroundings"]
  > as CommandContext["surroundings"];
  reader = readControl(join(project, "playbooks", "p.yml"), { surroundings, redactor });
});
afterEach(() => rmSync(project, { recursive: true }));

it("reads the environment, and masks what is secret by its name", () => {
  expect(reader.environment("HOME")).toBe("/home/me");
  expect(reader.environment("NOBODY")).toBe(undefined);
  expect(reader.environment("DNS_TOKEN")).toBe("geheim42");
  expect(redactor.clean("it is geheim42 at /home/me")).toBe("it is ******** at /home/me");
});

it("reads files of the project and by their whole path, and nothing else", () => {
  expect(reader.file("motd")).toBe("hello\n");
  expect(reader.file(join(project, "motd"))).toBe("hello\n");
  expect(reader.file("gone")).toBe(undefined);
  expect(() => reader.file("../motd")).toThrow("leads out of the project");
  expect(() => reader.file("playbooks")).toThrow("is a directory");
});
