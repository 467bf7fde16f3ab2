import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Json } from "../../src/contract/json.ts";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";

interface Script {
  /** The task file of the role waves, without its ending, and the name of the task. */
  readonly file: string;
  readonly task: string;
  readonly values?: Record<string, Json>;
  readonly input?: string;
  /** What programs print that the test has and this machine may lack: by name, whatever they are asked. */
  readonly programs?: Record<string, string>;
  /** Programs that end with 69, and say nothing. */
  readonly failing?: readonly string[];
}

/** Runs the shell script of a task of the role waves. */
export function runWaveScript({ file, task, values = {}, input = "", programs = {}, failing = [] }: Script) {
  const path = new URL(`../../roles/waves/tasks/${file}.yml`, import.meta.url);
  const tasks = parse(readFileSync(path, "utf8")) as readonly {
    readonly name?: string;
    readonly shell?: string | { readonly cmd: string };
  }[];
  const shell = tasks.find(({ name }) => name === task)?.shell;
  if (shell === undefined) throw new Error(`${file}.yml has no script "${task}"`);
  const directory = temporaryDirectory();
  for (const [name, output] of Object.entries(programs)) {
    writeFileSync(join(directory, `${name}.out`), output);
    writeFileSync(join(directory, name), `#!/bin/sh\ncat '${join(directory, name)}.out'\n`);
    chmodSync(join(directory, name), 0o755);
  }
  for (const name of failing) writeFileSync(join(directory, name), "#!/bin/sh\nexit 69\n", { mode: 0o755 });
  const script = renderText(typeof shell === "string" ? shell : shell.cmd, values, path.pathname);
  const env = { PATH: `${directory}:${process.env.PATH}` };
  return spawnSync("sh", ["-c", script], { encoding: "utf8", input, env });
}
