import { linesOf, textOf } from "../text-lines.ts";

/** Where a variable goes that is not there yet: after or before another one; on top otherwise. */
export interface VariablePlace {
  readonly insertafter?: string | undefined;
  readonly insertbefore?: string | undefined;
}

/** The comment above a job by which it is found again. It is Ansible's, so that jobs which Ansible made are known. */
const marker = "#Ansible: ";

/** The text with the named job in it; the same text when it is so. */
export function withJob(text: string, name: string, job: string): string {
  const lines = linesOf(text);
  const at = lines.indexOf(marker + name);
  if (at === -1) return textOf([...lines, marker + name, job]);
  return textOf([...lines.slice(0, at + 1), job, ...lines.slice(at + 2)]);
}

/** The text without the named job and its comment. */
export function withoutJob(text: string, name: string): string {
  const lines = linesOf(text);
  const at = lines.indexOf(marker + name);
  return at === -1 ? text : textOf([...lines.slice(0, at), ...lines.slice(at + 2)]);
}

/** The text with the variable in it; undefined when the variable that it shall stand beside is not there. */
export function withVariable(
  text: string,
  name: string,
  value: string,
  { insertafter, insertbefore }: VariablePlace,
): string | undefined {
  const lines = linesOf(text);
  const line = `${name}="${value}"`;
  const at = lines.findIndex((other) => variableOf(other) === name);
  if (at !== -1) return textOf(lines.with(at, line));
  const beside = insertafter ?? insertbefore;
  if (beside === undefined) return textOf([line, ...lines]);
  const found = lines.findIndex((other) => variableOf(other) === beside);
  if (found === -1) return undefined;
  return textOf(lines.toSpliced(insertafter === undefined ? found : found + 1, 0, line));
}

/** The text without the variable. */
export function withoutVariable(text: string, name: string): string {
  const lines = linesOf(text);
  const kept = lines.filter((line) => variableOf(line) !== name);
  return kept.length === lines.length ? text : textOf(kept);
}

/** The lines of a job with its comment, or of a variable: the only ones that a diff shows of a person's crontab. */
export function entryIn(text: string, name: string, isVariable: boolean): string | undefined {
  const lines = linesOf(text);
  const at = lines.findIndex((line) => (isVariable ? variableOf(line) === name : line === marker + name));
  return at === -1 ? undefined : textOf(lines.slice(at, isVariable ? at + 1 : at + 2));
}

/** The names of all jobs and variables that are known by name. */
export function namesIn(text: string): { readonly jobs: string[]; readonly envs: string[] } {
  const lines = linesOf(text);
  return {
    jobs: lines.filter((line) => line.startsWith(marker)).map((line) => line.slice(marker.length)),
    envs: lines.map(variableOf).filter((name) => name !== undefined),
  };
}

function variableOf(line: string): string | undefined {
  return /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1];
}
