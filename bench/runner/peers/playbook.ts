import { symlinkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Site } from "../../common/site.ts";
import type { Work } from "../work.ts";

/** Lays the files to copy where both look for them: in `files/` beside the playbook. */
export function placeFiles(site: Site, directory: string): void {
  symlinkSync(site.files, join(directory, "files"));
}

/** The tasks of a playbook; Ansible and Mailferry read the same lines. */
export function taskLines(work: Work): string[] {
  return numbers(work).flatMap((number) => [
    `    - name: Task ${number}`,
    work.kind === "touch"
      ? `      command: touch {{target}}/task-${number}`
      : `      copy: { src: file-${number}, dest: "{{target}}/file-${number}", mode: "0644" }`,
  ]);
}

/** 1 to the number of the tasks. */
export function numbers({ tasks }: Work): number[] {
  return Array.from({ length: tasks }, (_, index) => index + 1);
}

/** Empties a directory between two attempts. */
export function freshDirectory(directory: string): () => Promise<void> {
  return async () => {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
  };
}
