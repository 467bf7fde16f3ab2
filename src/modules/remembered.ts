import { rename, writeFile } from "node:fs/promises";
import { Failure } from "../contract/errors.ts";
import { parseObject } from "../contract/json.ts";

/** What Mailferry wrote for itself as JSON, as an object or a list. Throws a Failure that names `where` when it is anything else. */
export function parseRemembered<T>(text: string, where: string, next: string): T {
  const value = parseObject(text);
  if (value === undefined) throw new Failure("task-failed", `${where} is damaged`, { next });
  return value as T;
}

/** Writes such a file on the controller, whole or not at all: a run may be killed at any moment. */
export async function writeRemembered(file: string, value: object): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, undefined, 1)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
