import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inventoryText, makeWorkplace, type Workplace } from "../testing/run-in-memory.ts";

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace();
});
afterEach(() => place.remove());

describe("init", () => {
  it("writes files that are in order as they are", async () => {
    const { exitCode, stdout } = await place.run(["init"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("written  inventory.yml\nwritten  playbook.yml\n");
    const command = /mailferry (check .*)/.exec(stdout)?.[1]?.split(" ") ?? [];
    expect(await place.run(command)).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("brings the schemas that its files name, so that an editor needs neither network nor package", async () => {
    await place.run(["init", "move"]);
    for (const name of ["inventory.yml", "playbook.yml"]) {
      const text = readFileSync(join(place.directory, "move", name), "utf8");
      const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? "none";
      expect(existsSync(join(place.directory, "move", schema))).toBe(true);
    }
  });

  it("never writes over a file that is there", async () => {
    place.write("playbook.yml", "mine\n");
    const { exitCode, stdout } = await place.run(["init"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("kept     playbook.yml: it is there already");
    expect(readFileSync(join(place.directory, "playbook.yml"), "utf8")).toBe("mine\n");
    expect(existsSync(join(place.directory, "inventory.yml"))).toBe(true);
  });

  describe("with two hosts", () => {
    it("asks nobody anything when the inventory is there already", async () => {
      place.write("inventory.yml", "mine\n");
      const { exitCode, stderr } = await place.run(["init", "old.example.org", "new.example.org"]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("inventory.yml is there already, and is not written over");
      expect(readFileSync(join(place.directory, "inventory.yml"), "utf8")).toBe("mine\n");
    });

    it("says what is no host", async () => {
      const { exitCode, stderr } = await place.run(["init", "-o", "x", "old example", "new.example.org"]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('"old example" is no host');
    });

    it("wants hosts that the inventory has", async () => {
      place.write("hosts.yml", inventoryText);
      const { exitCode, stderr } = await place.run([
        "init",
        "a.example.org",
        "b.example.org",
        "-i",
        "hosts.yml",
      ]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('there is no host "a.example.org"');
      expect(existsSync(join(place.directory, "inventory.yml"))).toBe(false);
    });
  });
});
