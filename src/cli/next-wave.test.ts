import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { domainsLeft, nextShare } from "./next-wave.ts";
import { inventoryText, makeWorkplace, playbookText, type Workplace } from "./testing/run-in-memory.ts";

const listed = ["a.example", "b.example", "c.example", "d.example", "e.example"];

describe("the next wave", () => {
  it("is of the domains that no wave has, in the inventory's order", () => {
    expect(domainsLeft(listed, ["b.example", "a.example"])).toEqual(["c.example", "d.example", "e.example"]);
  });

  it.each([
    [20, ["c.example"]],
    [40, ["c.example", "d.example"]],
    [100, ["c.example", "d.example", "e.example"]],
    [1, ["c.example"]],
  ])("is %i percent of all domains", (percent, next) => {
    expect(nextShare(listed, ["c.example", "d.example", "e.example"], percent)).toEqual(next);
  });

  it("is nobody's when all have moved", () => {
    expect(nextShare(listed, [], 50)).toEqual([]);
  });
});

describe("status of a playbook that moves one domain at a time", () => {
  let place: Workplace;
  beforeEach(() => {
    place = makeWorkplace({
      "inventory.yml": inventoryText,
      "domains.yml": `all:\n  vars: { mail_domains: [${listed.join(", ")}] }\n`,
      "move.yml": playbookText.replace(/^stages:/m, "moves_domains: true\nstages:"),
    });
  });
  afterEach(() => place.remove());

  const files = ["move.yml", "-i", "inventory.yml", "-i", "domains.yml"];

  it("names the domains of no wave, and with a share the command for the next ones", async () => {
    const { exitCode, stdout } = await place.run(["status", ...files, "--share", "40%"]);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining("5 of no wave yet"),
    });
    expect(stdout.replaceAll(/\s+/g, " ")).toMatch(
      /next wave: mailferry run move\.yml -i inventory\.yml -i domains\.yml --domains a\.example,b\.example --stage copy/,
    );
  });

  it.each(["0%", "101%", "half", "40"])("refuses %s as a share", async (share) => {
    const { exitCode, stderr } = await place.run(["status", ...files, "--share", share]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("a share from 1% to 100% is wanted");
  });

  it("refuses a share beside the domains of one wave", async () => {
    const words = ["--share", "40%", "--domains", "a.example"];
    const { exitCode, stderr } = await place.run(["status", ...files, ...words]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("without --domains");
  });

  it("refuses a share where the inventory has no list of the domains", async () => {
    const { exitCode, stderr } = await place.run([
      ...["status", "move.yml", "-i", "inventory.yml", "--share", "40%"],
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("mail_domains");
  });
});
