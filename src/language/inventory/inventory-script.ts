import { execFile } from "node:child_process";
import { dirname, resolve as resolvePath } from "node:path";
import { BadInput } from "../../contract/errors.ts";
import { isMap, type JsonObject } from "../../contract/json.ts";

/** How long an executable may take to tell its inventory. */
const patienceMs = 60_000;

/** Runs an executable inventory with `--list`, and with `--host` for each host when it has no `_meta`; gives back its text as JSON. */
export async function runInventoryScript(file: string): Promise<string> {
  const text = await ask(file, ["--list"]);
  const list = parse(file, "--list", text);
  if (Object.hasOwn(list, "_meta")) return text;
  const hostvars: Record<string, JsonObject> = {};
  for (const host of hostsOf(list)) {
    const told = await ask(file, ["--host", host]);
    hostvars[host] = told.trim() === "" ? {} : parse(file, `--host ${host}`, told);
  }
  return JSON.stringify({ ...list, _meta: { hostvars } }, undefined, 2);
}

function hostsOf(list: JsonObject): string[] {
  const named = Object.values(list).flatMap((group) => {
    const hosts = isMap(group) ? group.hosts : group;
    return Array.isArray(hosts) ? hosts.filter((host) => typeof host === "string") : [];
  });
  return [...new Set(named)];
}

function ask(file: string, args: readonly string[]): Promise<string> {
  const options = { cwd: dirname(resolvePath(file)), timeout: patienceMs, maxBuffer: 256 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    // A bare name would be looked up in PATH.
    execFile(resolvePath(file), args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(failed(file, args, explain(error), stderr));
    });
  });
}

function explain(error: {
  readonly killed?: boolean | undefined;
  readonly code?: unknown;
  readonly message: string;
}): string {
  if (error.killed) return `did not end within ${patienceMs / 1000} seconds`;
  if (typeof error.code === "number") return `ended with exit code ${error.code}`;
  if (error.code === "ENOENT") return "can't be run: the interpreter of its first line is not there";
  return `can't be run: ${error.message.split("\n")[0]}`;
}

function parse(file: string, args: string, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw failed(file, [args], `gave no JSON: ${why}`, "");
  }
  if (isMap(value as JsonObject)) return value as JsonObject;
  throw failed(file, [args], "gave JSON that is no mapping", "");
}

function failed(file: string, args: readonly string[], what: string, stderr: string): BadInput {
  const said = stderr.trim().split("\n").slice(-5).join("\n    ");
  const hint = said === "" ? `run it by hand: ${file} ${args.join(" ")}` : `it said: ${said}`;
  const place = { file, line: 1, column: 1 };
  return new BadInput([{ message: `the inventory ${file} ${args.join(" ")} ${what}`, place, hint }]);
}
