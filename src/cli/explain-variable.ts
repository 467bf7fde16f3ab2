import { BadInput } from "../contract/errors.ts";
import type { Json } from "../contract/json.ts";
import { holdInventory } from "../engine/held-inventory.ts";
import { holdVariables } from "../engine/host-variables.ts";
import {
  type TraceSources,
  traceVariable,
  type VariablePlace,
} from "../language/inventory/trace-variable.ts";
import { formatPlace } from "../language/problems.ts";

/** Every place that sets a variable of a host, in lines, the one that wins first. No line when nothing sets it. */
export function explainVariable(name: string, host: string, sources: TraceSources): string[] {
  const places = traceVariable(name, host, sources);
  if (places.length === 0) return [];
  const rows = places.map((found, index) => [
    verdictOn(found, places.slice(0, index)),
    found.level,
    found.by,
    found.place === undefined ? "" : formatPlace(found.place),
    shown(name, found.value),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  return [`${name} of ${host}: ${outcome(name, host, sources, places)}`, ...rows.map(line)];
}

/** What is hidden by something higher that counts everywhere never wins; what counts in one part alone wins there. */
function verdictOn(found: VariablePlace, higher: readonly VariablePlace[]): string {
  const isHidden = higher.some(({ within }) => within === undefined || within === found.within);
  if (isHidden) return "hidden";
  return found.within === undefined ? "wins" : "wins in its part";
}

/** The value that counts wherever nothing narrower is set, rendered when that can be done without a run. */
function outcome(
  name: string,
  host: string,
  sources: TraceSources,
  places: readonly VariablePlace[],
): string {
  if (places.every(({ within }) => within !== undefined)) return "it depends on where it is read";
  const variables = holdVariables(holdInventory(sources.inventory), {
    playbookVars: sources.playbook?.vars ?? {},
    extraVariables: sources.extraVariables,
    magic: () => ({}),
  }).forStage(host);
  try {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return shown(name, value ?? places.find(({ within }) => within === undefined)?.value);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return `known only in a run (${error.message})`;
  }
}

function shown(name: string, value: Json | undefined): string {
  if (value === undefined) return "known only in a run";
  return /pass(word|phrase)?|secret|token/i.test(name) ? "********" : JSON.stringify(value);
}
