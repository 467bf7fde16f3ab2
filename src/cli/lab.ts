import { spawn } from "node:child_process";
import { once } from "node:events";
import { Failure } from "../contract/errors.ts";
import { openLab } from "../lab/lab.ts";
import { labDown } from "../lab/lab-down.ts";
import { labShell } from "../lab/lab-shell.ts";
import { labList, labStatus } from "../lab/lab-status.ts";
import { labUp } from "../lab/lab-up.ts";
import type { LabUpWords } from "./commands/lab.ts";
import type { CommandContext } from "./context.ts";
import { watchSignals } from "./signals.ts";

/** `lab up`: boots a lab and says what can be done with it. */
export async function bringUp(
  name: string,
  { scenario, withoutRootLogin }: LabUpWords,
  context: CommandContext,
): Promise<number> {
  const watch = watchSignals(context.surroundings.signals, () => undefined);
  try {
    const lab = await labUp({
      name,
      scenario,
      isWithoutRootLogin: withoutRootLogin,
      onProgress: (message) => context.out(`${context.redactor.clean(message)}\n`),
      signal: watch.stopping,
    });
    context.out(
      [
        `The lab ${name} (${lab.scenario.name}) is up.`,
        ...Object.values(lab.hosts).map((host) => `  ${host.role.padEnd(3)}  ${host.name}  ${host.address}`),
        `Its inventory: ${lab.files.inventoryFile}`,
        `Work on it in its network: mailferry lab shell control ${name}`,
        `Remove it:                 mailferry lab down ${name}`,
        "",
      ].join("\n"),
    );
    return 0;
  } finally {
    watch.close();
  }
}

/** `lab status`: each host with its address, and what it lacks. */
export async function showLab(name: string, context: CommandContext): Promise<number> {
  const status = await labStatus(name);
  if (status === undefined) throw noLab(name);
  const hosts = status.hosts.map(({ role, name: fqdn, address, running, missing }) => {
    const state = running ? (missing === undefined ? "up" : `not ready: ${missing}`) : "down";
    return `  ${role.padEnd(3)}  ${fqdn}  ${address}  ${state}`;
  });
  const made = status.complete ? "" : " (it was not brought up to the end)";
  context.out(
    `Lab ${name} (${status.scenario}), made ${status.createdAt}${made}\n${hosts.join("\n")}\nFiles: ${status.directory}\n`,
  );
  return 0;
}

/** `lab shell`: a root shell in a host, or one on this machine in the lab's network. */
export async function openShell(host: "old" | "new" | "dns" | "control", name: string): Promise<number> {
  if (host !== "control") return labShell(name, host);
  const lab = await openLab(name);
  const [program = "", ...args] = lab.inNamespace(["bash", "--login"]);
  const child = spawn(program, args, { stdio: "inherit", cwd: lab.directory });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}

/** `lab down`: removes a lab, also what a crash left of it. */
export async function takeDown(name: string, context: CommandContext): Promise<number> {
  await labDown(name);
  context.out(`The lab ${name} is gone.\n`);
  return 0;
}

/** `lab list`: names, one a line. */
export async function listLabs(context: CommandContext): Promise<number> {
  const names = await labList();
  context.out(names.length === 0 ? "There is no lab on this machine.\n" : `${names.join("\n")}\n`);
  return 0;
}

function noLab(name: string): Failure {
  return new Failure("bad-input", `there is no lab called ${name}`, { next: `mailferry lab up ${name}` });
}
