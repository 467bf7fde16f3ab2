import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import type { RunEvent } from "../../../src/contract/events.ts";
import type { Outcome } from "../../../src/contract/outcome.ts";
import type { Lab } from "../../../src/lab/lab.ts";
import type { Case } from "./case-file.ts";
import type { Ended, Run } from "./ended.ts";

/** Where cases run: a host of the lab, and a directory on this machine. */
export interface Bench {
  readonly lab: Lab;
  readonly directory: string;
  readonly inventory: string;
}

const callbacks = resolve(import.meta.dirname, "callback");

/** Makes the directory that Ansible and Mailferry run in, and the inventory of both. */
export async function makeBench(lab: Lab): Promise<Bench> {
  const directory = join(lab.directory, "ansible");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const inventory = join(directory, "inventory.yml");
  await writeFile(inventory, await inventoryFor(lab), { mode: 0o600 });
  return { lab, directory, inventory };
}

/** The hosts of the cases, all of them the lab's old host. */
async function inventoryFor(lab: Lab): Promise<string> {
  const inventory = parseDocument(await readFile(resolve(import.meta.dirname, "inventory.yml"), "utf8"));
  const reached = {
    ansible_host: lab.hosts.old.address,
    ansible_user: "root",
    ansible_ssh_private_key_file: lab.files.keyFile,
    known_hosts_file: lab.files.knownHostsFile,
    ssh_config_file: "none",
  };
  for (const [name, value] of Object.entries(reached)) inventory.setIn(["all", "vars", name], value);
  return String(inventory);
}

/** Runs a case with the real ansible-playbook. */
export async function runAnsible(bench: Bench, one: Case): Promise<Run> {
  const directory = await freshDirectory(bench, one, "ansible");
  const { stdout, stderr, exitCode } = await run(
    bench,
    ["ansible-playbook", one.file, "-i", bench.inventory, "-e", `dir=${directory}`, ...one.flags],
    {
      ANSIBLE_STDOUT_CALLBACK: "lines",
      ANSIBLE_CALLBACK_PLUGINS: callbacks,
      ANSIBLE_PIPELINING: "true",
      ANSIBLE_SSH_ARGS: `-F none -o UserKnownHostsFile=${bench.lab.files.knownHostsFile} -o ControlMaster=auto -o ControlPersist=60s`,
      ANSIBLE_RETRY_FILES_ENABLED: "false",
      ANSIBLE_LOCALHOST_WARNING: "false",
      ANSIBLE_HOME: join(bench.directory, "ansible-home"),
    },
  );
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const tallies =
    (lines.at(-1) as { tallies?: Record<string, { rescued: number }> } | undefined)?.tallies ?? {};
  return {
    ended: lines.filter((line) => "status" in line) as Ended[],
    rescued: Object.fromEntries(Object.entries(tallies).map(([host, { rescued }]) => [host, rescued])),
    well: exitCode === 0,
    files: await filesOn(bench, directory),
    output: `${stdout}\n${stderr}`,
  };
}

/** Runs a case with Mailferry. */
export async function runMailferry(bench: Bench, one: Case): Promise<Run> {
  const directory = await freshDirectory(bench, one, "mailferry");
  const state = join(bench.directory, "state", one.name);
  await rm(state, { recursive: true, force: true });
  const { stdout, stderr, exitCode } = await run(bench, [
    process.execPath,
    resolve("bin/mailferry.js"),
    "run",
    one.file,
    "-i",
    bench.inventory,
    "--json",
    "--state-dir",
    state,
    "-e",
    `dir=${directory}`,
    ...one.flags,
  ]);
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as RunEvent);
  const finished = events.find((event) => event.type === "run-finished");
  const tallies = finished?.type === "run-finished" ? finished.tallies : {};
  return {
    ended: endedTasks(events),
    rescued: Object.fromEntries(Object.entries(tallies).map(([host, { rescued }]) => [host, rescued])),
    well: exitCode === 0,
    files: await filesOn(bench, directory),
    output: `${stdout}\n${stderr}`,
  };
}

/** Items of a loop are told one by one; Ansible counts the task. */
function endedTasks(events: readonly RunEvent[]): Ended[] {
  const ended: Ended[] = [];
  const open = new Map<string, { index: number; statuses: Ended["status"][] }>();
  for (const event of events) {
    if (event.type === "task-started") open.clear();
    if (event.type !== "task-finished") continue;
    const status = statusOf(event.outcome);
    const key = `${event.task.id} ${event.host}`;
    const known = event.item === undefined ? undefined : open.get(key);
    if (known === undefined) {
      if (event.item !== undefined) open.set(key, { index: ended.length, statuses: [status] });
      ended.push({ task: event.task.name, host: event.host, status });
    } else {
      known.statuses.push(status);
      ended[known.index] = { task: event.task.name, host: event.host, status: combined(known.statuses) };
    }
  }
  return ended;
}

function statusOf(outcome: Outcome): Ended["status"] {
  if (outcome.status === "failed" && outcome.ignored) return "ignored";
  return outcome.status === "unknown" ? "failed" : outcome.status;
}

function combined(statuses: readonly Ended["status"][]): Ended["status"] {
  const order: Ended["status"][] = ["unreachable", "failed", "ignored", "changed", "ok"];
  return order.find((status) => statuses.includes(status)) ?? "skipped";
}

/** Where a case puts its files on the host: not there yet, and each program has its own. */
async function freshDirectory({ lab }: Bench, one: Case, program: string): Promise<string> {
  const directory = `/root/cases/${program}/${one.name}`;
  await lab.hosts.old.run(["sh", "-euc", 'rm -rf "$1"; mkdir -p "${1%/*}"', "sh", directory]);
  return directory;
}

/** All files below a directory of the host, in the same words whichever program made them. */
async function filesOn({ lab }: Bench, directory: string): Promise<string> {
  const list = `cd "$1" 2>/dev/null || exit 0
    find . -printf '%P %y %m %u %g %l\\n' | sort
    find . -type f | sort | xargs -r sha256sum`;
  return lab.hosts.old.run(["sh", "-c", list, "sh", directory]);
}

async function run(
  bench: Bench,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  const [program = "", ...args] = bench.lab.inNamespace(argv);
  const child = spawn(program, args, {
    cwd: bench.directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { ...output, exitCode: exitCode ?? 128 };
}
