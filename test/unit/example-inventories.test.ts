import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { runInMemory } from "../../src/cli/testing/run-in-memory.ts";

/** `example.yml` is the one of the ISPmail guides; the others bear their playbook's name. */
const inventories = readdirSync("inventory").map((file) => {
  const name = file.replace(/\.yml$/, "");
  return [file, name === "example" ? "bullseye-to-trixie" : name] as const;
});

test.each([...inventories, ["example.yml", "ispmail-waves"] as const])(
  "inventory/%s has what the playbook %s asks for",
  async (file, playbook) => {
    const { exitCode, stdout, stderr } = await runInMemory([
      "check",
      playbook,
      "-i",
      resolve("inventory", file),
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("in order");
  },
);
