import { basename, dirname } from "node:path";

/** What a playbook in that directory may take files from: the project, which is the folder round `playbooks/`. */
export function projectOf(directory: string): string {
  return basename(directory) === "playbooks" ? dirname(directory) : directory;
}
