import { keepCompiledCode } from "./compiled-code.ts";
import type { CommandContext } from "./context.ts";
import { prepareEngine } from "./engine.ts";

/** Loads what runs a stage, with what was kept of it by an earlier run. */
export async function loadExecution({ surroundings }: CommandContext) {
  prepareEngine();
  keepCompiledCode(surroundings.environment);
  return import("./execute-stage.ts");
}
