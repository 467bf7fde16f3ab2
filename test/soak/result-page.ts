import { readFileSync, writeFileSync } from "node:fs";
import { resultTable } from "./result-table.ts";
import type { SoakResult } from "./soak.ts";

/** What was run, as scripts/soak was told. */
export interface SoakForm {
  readonly playbook: string;
  readonly goesBack: boolean;
  readonly form: "every-step" | "any-fault";
}

/** Writes the results to the page that SOAK_PAGE names, if it does. */
export function keepResults({ playbook, goesBack, form }: SoakForm, results: readonly SoakResult[]): void {
  const page = process.env.SOAK_PAGE;
  if (page === undefined) return;
  const words = [
    playbook,
    ...(goesBack ? ["--back"] : []),
    ...(form === "every-step" ? ["--every-step"] : []),
  ];
  const command = `scripts/soak --playbook ${words.join(" ")}`;
  writeFileSync(page, withResults(readFileSync(page, "utf8"), command, resultTable(results), new Date()));
}

/** The page with a command's table in the place of that before it; the first time it comes last. */
export function withResults(page: string, command: string, table: string, now: Date): string {
  const [begin, end] = [`<!-- begin: ${command} -->`, `<!-- end: ${command} -->`];
  const date = now.toISOString().slice(0, 10);
  const block = `${begin}\n\n### \`${command}\`, ${date}\n\n${table}\n${end}\n`;
  const from = page.indexOf(begin);
  if (from === -1) return `${page}\n${block}`;
  return page.slice(0, from) + block + page.slice(page.indexOf(end) + end.length + 1);
}
