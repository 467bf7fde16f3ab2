import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { makeWorkplace } from "../../src/cli/testing/run-in-memory.ts";
import { labFilesIn } from "../../src/lab/identity.ts";
import { renderInventory } from "../../src/lab/inventory-file.ts";
import { labFiles } from "../../src/lab/paths.ts";
import { imagesOf, labScenarios } from "../../src/lab/scenarios/scenarios.ts";

const place = makeWorkplace();
const files = labFilesIn(place.directory);
for (const file of [files.knownHostsFile, files.tsigKeyFile, files.caFile]) writeFileSync(file, "");
afterAll(() => place.remove());

describe.each(labScenarios.map((scenario) => ({ name: scenario.name, scenario })))(
  "the lab for $name",
  ({ name, scenario }) => {
    const inventory = renderInventory({ scenario, files }, { key_file: undefined });

    test("has the files that its hosts are made from", () => {
      const wanted = Object.values(imagesOf(name)).flatMap((image) => [
        join(labFiles(), image.name, "packages.txt"),
        join(labFiles(), image.name, "provision.sh"),
        ...(image.baseHook === undefined ? [] : [join(labFiles(), image.baseHook)]),
      ]);
      expect(wanted.filter((path) => !existsSync(path))).toEqual([]);
    });

    test("has an inventory that its playbook takes as it is", async () => {
      place.write(`${name}.yml`, inventory);
      const { exitCode, stderr } = await place.run(["check", scenario.playbook, "-i", `${name}.yml`]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(Object.keys(parse(inventory).all.vars)).toContain("mail_domains");
    });

    test("has a playbook that can do without a login as root, or says why it can't", async () => {
      place.write(`${name}.yml`, inventory);
      const words = ["doctor", scenario.playbook, "-i", `${name}.yml`, "--sudoers"];
      const { exitCode, stdout } = await place.run(words);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(
        name === "chatmail" ? /^# cmdeploy, .* logs in as root/m : /^\w+ ALL = .* \/bin\/sh$/m,
      );
    });
  },
);

test("what stands in for qmail and cmdeploy on the lab's hosts is known to the lab alone", () => {
  const files = ["roles", "playbooks", "inventory", "src"].flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.startsWith(join("src", "lab"))),
  );
  expect(files.length).toBeGreaterThan(500);
  // Its own program, its files, and what it is called.
  const knows = (path: string) =>
    /stand-in|qmail-tcpserver|chatmail-relay/.test(readFileSync(path, "latin1"));
  expect(files.filter(knows)).toEqual([]);
});
