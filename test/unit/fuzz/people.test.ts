import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadInput } from "../../../src/contract/errors.ts";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import { loadInventory } from "../../../src/language/inventory/load-inventory.ts";
import { loadPlaybook } from "../../../src/language/load-playbook.ts";
import { fewModules } from "../../../src/language/testing/few-modules.ts";
import { effort, nearly } from "./foreign.ts";

describe("what people write, whatever is in it, is told with a place", () => {
  const inventory =
    "all:\n  vars: { mail_domain: example.org, ports: [25, 143] }\n  children:\n    old:\n      hosts:\n        a[1:3].example.org: { address: 192.0.2.10, user: root, port: 22 }\n    new:\n      hosts:\n        b.example.org: { address: 192.0.2.20 }\n";
  const playbook =
    'vars: { a: "{{b}}", b: [1, 2] }\nstages:\n  - name: copy\n    requires: []\n    plays:\n      - name: Copy\n        hosts: new\n        tasks:\n          - name: Say\n            debug: { msg: "{{a}} and {{upper inventory_hostname}}" }\n            when: size(b) > 1 && a != "x"\n            loop: [1, 2]\n            tags: [t]\n';

  test("an inventory", () => toldWithPlace(inventory, "inventory.yml", (file) => loadInventory(file)));

  test("a playbook", () =>
    toldWithPlace(playbook, "playbook.yml", (file) =>
      loadPlaybook(file, { modules: fewModules, roleDirectories: [] }),
    ));
});

/** The file loads, or every problem names a place in it. Anything else that is thrown is a fault. */
async function toldWithPlace(
  sound: string,
  name: string,
  load: (file: string) => Promise<unknown>,
): Promise<void> {
  const file = join(temporaryDirectory(), name);
  const property = fc.asyncProperty(nearly([sound]), async (text) => {
    writeFileSync(file, text);
    try {
      await load(file);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      for (const { place } of error.problems) expect(place?.file).toBe(file);
    }
  });
  await fc.assert(property, effort);
}
