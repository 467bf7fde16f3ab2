import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { BadInput, type Problem } from "../../src/contract/errors.ts";
import { loadInventory } from "../../src/language/inventory/load-inventory.ts";
import { loadPlaybook } from "../../src/language/load-playbook.ts";
import { formatProblems } from "../../src/language/problems.ts";
import { fewModules } from "../../src/language/testing/few-modules.ts";
import { makeIdentity } from "../../src/secrets/age.ts";
import { createKeyring, type Keyring, noKeys } from "../../src/secrets/keyring.ts";

/*
 * Each folder is one mistake: an inventory.yml (that meets a sound move.yml), or a playbook.yml (with the inventory of the folder or a sound one),
 * perhaps the keys.yml that are given, and in expected.txt what the person who made it is told. `vitest -u` writes expected.txt anew: read what it wrote.
 */
const folder = join(import.meta.dirname, "bad-input");
const sound = join(folder, "inventory.yml");
const move = join(folder, "move.yml");

describe("bad input", () => {
  for (const name of readdirSync(folder).sort()) {
    const directory = join(folder, name);
    // Those with a command are for bad-commands.test.ts.
    if (!statSync(directory).isDirectory() || existsSync(join(directory, "command.txt"))) continue;
    it(name.replaceAll("-", " "), async () => {
      // A checkout keeps no modes but the executable bit.
      setMode(join(directory, "id_open"), 0o644);
      setMode(join(directory, "id_closed"), 0o600);
      const told = formatProblems(await problemsOf(directory), readSource);
      const expected = join(directory, "expected.txt");
      await expect(
        `${told.replaceAll(`${directory}/`, "").replaceAll(directory, ".")}\n`,
      ).toMatchFileSnapshot(expected);
    });
  }
});

function setMode(file: string, mode: number): void {
  if (existsSync(file)) chmodSync(file, mode);
}

async function problemsOf(directory: string): Promise<readonly Problem[]> {
  const playbook = join(directory, "playbook.yml");
  const own = join(directory, "inventory.yml");
  const isInventoryCase = !existsSync(playbook);
  try {
    const keyring = await keyringOf(directory);
    const inventory = await loadInventory(existsSync(own) || isInventoryCase ? own : sound, { keyring });
    const context = { modules: fewModules, roleDirectories: [join(directory, "roles")], inventory, keyring };
    const loaded = await loadPlaybook(isInventoryCase ? move : playbook, context);
    return isInventoryCase ? (inventory.warnings ?? []) : loaded.warnings;
  } catch (error) {
    if (error instanceof BadInput) return error.problems;
    throw error;
  }
}

async function keyringOf(directory: string): Promise<Keyring> {
  const file = join(directory, "keys.yml");
  if (!existsSync(file)) return noKeys;
  const keys = parse(readFileSync(file, "utf8")) as Readonly<Record<string, string>>;
  return createKeyring(
    {
      // Of a new identity it is certain that nothing was encrypted for it.
      identities: async () => [(await makeIdentity()).identity],
      passphrase: async () => keys.passphrase,
      vaultPasswords: async () => [{ id: "default", password: keys["vault-password"] ?? "" }],
    },
    () => undefined,
  );
}

function readSource(file: string): string | undefined {
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, "utf8") : undefined;
}
