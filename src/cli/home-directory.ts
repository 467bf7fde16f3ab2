import { homedir } from "node:os";
import type { Surroundings } from "./surroundings.ts";

/** Where the person's ssh files are. */
export function homeDirectory(environment: Surroundings["environment"]): string {
  return environment.HOME ?? homedir();
}
