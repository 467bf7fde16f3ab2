import { resolve } from "node:path";
import { stringify } from "yaml";
import { Failure } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { hostNamed } from "../language/inventory/host-pattern.ts";
import { loadInventory } from "../language/inventory/load-inventory.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { Playbook } from "../language/model/playbook.ts";
import type { CommandContext } from "./context.ts";
import { explainVariable } from "./explain-variable.ts";
import { readExtraVariables } from "./extra-variables.ts";
import { hostVariables, inventoryGraph, inventoryList, inventoryTree } from "./inventory-views.ts";
import { keyringOf } from "./keys.ts";
import { loadProject } from "./load-project.ts";
import type { InventoryOptions } from "./options.ts";
import { problemText } from "./print-failure.ts";

export interface ShowInventoryOptions extends InventoryOptions {
  readonly playbook?: string | undefined;
  readonly list?: boolean | undefined;
  readonly graph?: boolean | undefined;
  readonly host?: string | undefined;
  readonly explain?: string | undefined;
  readonly yaml?: boolean | undefined;
}

/** `inventory`: the inventory as Mailferry has read it, as a list, a graph, one host, or one variable with its places. */
export async function showInventory(options: ShowInventoryOptions, context: CommandContext): Promise<number> {
  requireOneView(options);
  const sources = await loadSources(options, context);
  const { inventory } = sources;
  const print = (text: string) =>
    context.out(context.redactor.clean(text.endsWith("\n") ? text : `${text}\n`));
  const data = (value: Json) => print(options.yaml ? stringify(value) : JSON.stringify(value, undefined, 2));
  if (options.host === undefined) {
    if (options.graph) print(inventoryGraph(inventory).join("\n"));
    else data(options.yaml ? inventoryTree(inventory) : inventoryList(inventory));
    return 0;
  }
  const host = requireHost(options.host, inventory);
  if (options.explain === undefined) data(hostVariables(inventory, host));
  else print(explain(options.explain, host, sources).join("\n"));
  return 0;
}

interface Sources {
  readonly inventory: Inventory;
  readonly playbook?: Playbook | undefined;
  readonly extraVariables: JsonObject;
}

async function loadSources(options: ShowInventoryOptions, context: CommandContext): Promise<Sources> {
  if (options.playbook !== undefined) return loadProject(options.playbook, options, context);
  const { cwd } = context.surroundings;
  const keyring = keyringOf(options, context);
  const extraVariables = await readExtraVariables(options.extraVars, cwd, keyring);
  const files = options.inventory.map((given) => resolve(cwd, given));
  const inventory = await loadInventory(files, { extraVariables, keyring });
  const { warnings = [] } = inventory;
  if (warnings.length > 0) context.err(context.redactor.clean(problemText(warnings, cwd)));
  return { inventory, extraVariables };
}

function requireOneView({ list, graph, host, explain }: ShowInventoryOptions): void {
  const views = [list, graph, host !== undefined].filter(Boolean);
  if (views.length > 1) {
    throw new Failure("bad-input", "--list, --graph and --host show different things", {
      next: "Give one of them; --list is the default.",
    });
  }
  if (explain === undefined || host !== undefined) return;
  throw new Failure("bad-input", `--explain ${explain} wants a host whose variable it is`, {
    next: `Type mailferry inventory … --host HOST --explain ${explain}.`,
  });
}

function requireHost(given: string, { hosts }: Inventory): string {
  const host = hostNamed(given, hosts);
  if (host !== undefined) return host.name;
  const guess = didYouMean(given, hosts.keys());
  throw new Failure("bad-input", `there is no host "${given}"${guess === undefined ? "" : `, ${guess}`}`, {
    next: `The hosts are: ${[...hosts.keys()].join(", ")}.`,
  });
}

function explain(name: string, host: string, sources: Sources): string[] {
  const lines = explainVariable(name, host, sources);
  if (lines.length > 0) return lines;
  const known = [
    ...Object.keys(sources.inventory.hosts.get(host)?.variables ?? {}),
    ...Object.keys(sources.playbook?.vars ?? {}),
  ];
  const guess = didYouMean(name, known);
  const nothing = `nothing sets the variable "${name}" for ${host}`;
  throw new Failure("bad-input", `${nothing}${guess === undefined ? "" : `, ${guess}`}`, {
    next:
      sources.playbook === undefined
        ? "With -p PLAYBOOK its variables and those of its roles are looked through too."
        : "Its facts, and what tasks include while they run, are known only in a run.",
  });
}
