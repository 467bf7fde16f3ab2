import { spawn } from "node:child_process";
import { once } from "node:events";
import { Failure } from "../contract/errors.ts";
import { enterArgv } from "./enter-host.ts";
import type { LabRole } from "./lab-hosts.ts";
import { labCache } from "./paths.ts";
import { readLabState } from "./state.ts";

/** Opens a root shell in a host of a lab, on this process's terminal. Returns the shell's exit code. */
export async function labShell(name: string, role: LabRole, cache: string = labCache()): Promise<number> {
  const state = await readLabState(cache, name);
  if (state === undefined) {
    throw new Failure("bad-input", `there is no lab called ${name}`, { next: `mailferry lab up ${name}` });
  }
  // `script` gives the shell a terminal of the host's own: this machine's does not exist in there.
  const shell = ["script", "--quiet", "--return", "--command", "exec bash --login", "/dev/null"];
  const argv = await enterArgv(state, role, process.stdin.isTTY ? shell : ["bash", "--login"]);
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { stdio: "inherit" });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
