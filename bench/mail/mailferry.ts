import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { measure } from "../common/measure.ts";
import type { Timed } from "./figures.ts";
import { type Side, type Sides, stateOnHosts } from "./sides.ts";
import { mailOwner } from "./volume.ts";

/** Mailferry as it is shipped, with a migration of its own from one directory to another. */
export interface OwnPath {
  readonly directory: string;
  readonly source: string;
  readonly target: string;
}

export type Stage = "hot-copy" | "last-pass" | "proof" | "proof-with-hashes";

/** The task that the last pass is. */
const lastPass = "Mailboxes, with nobody writing";

/** Lays the migration's files; sides may be other ones later. */
export function prepareOwnPath(own: OwnPath, sides: Sides): void {
  mkdirSync(own.directory, { recursive: true });
  writeFileSync(join(own.directory, "inventory.yml"), inventory(sides));
  writeFileSync(join(own.directory, "playbook.yml"), playbook(own));
}

/** Forgets what earlier passes left, on the controller and on the hosts. */
export function forgetPasses(own: OwnPath): void {
  rmSync(join(own.directory, "state"), { recursive: true, force: true });
  for (const name of readdirSync(stateOnHosts)) {
    rmSync(join(stateOnHosts, name), { recursive: true, force: true });
  }
}

/** What a user types for a stage. */
export function commandOf(stage: Stage): string {
  return `mailferry run playbook.yml --stage ${stage}`;
}

/** Runs one stage and takes the time of the whole command and of the tasks in it; `patienceMs` as `measure` has it. */
export async function runStage(own: OwnPath, stage: Stage, patienceMs?: number): Promise<Timed> {
  const reading = await measure(
    {
      argv: ["/bin/sh", "-c", 'exec "$@" >events.jsonl', "sh", ...runArgv(own, stage)],
      directory: own.directory,
      environment: { HOME: own.directory },
    },
    own.directory,
    patienceMs,
  );
  return { ...reading, taskSeconds: taskSeconds(own, () => true) };
}

/**
 * Runs the last pass as a cutover does: another pass goes before, while the mailboxes are in use, so that the connections
 * stand. `between` is what happens to the mailboxes between the two. The whole command's time goes without that wait.
 */
export async function runLastPass(own: OwnPath, between: () => Promise<void>): Promise<Timed> {
  const [ready, go] = ["ready", "go"].map((name) => join(own.directory, name)) as [string, string];
  for (const file of [ready, go]) rmSync(file, { force: true });
  const running = runStage(own, "last-pass");
  running.catch(() => {});
  await Promise.race([appearance(ready), running]);
  const since = Date.now();
  await between();
  const waitedSeconds = (Date.now() - since) / 1000;
  writeFileSync(go, "");
  const reading = await running;
  return {
    ...reading,
    wallSeconds: reading.wallSeconds - waitedSeconds,
    taskSeconds: taskSeconds(own, ({ name }) => name === lastPass),
  };
}

async function appearance(file: string): Promise<void> {
  while (!existsSync(file)) await wait(20);
}

function runArgv(own: OwnPath, stage: Stage): string[] {
  const program = join(process.cwd(), "bin", "mailferry.js");
  return [
    ...[process.execPath, program, "run", "playbook.yml", "-i", "inventory.yml", "--stage", stage],
    ...["--state-dir", join(own.directory, "state"), "--json"],
  ];
}

interface FinishedTask {
  readonly type: string;
  readonly task: { readonly name: string };
  readonly durationMs: number;
}

function taskSeconds(own: OwnPath, counts: (task: FinishedTask["task"]) => boolean): number {
  const finished = readFileSync(join(own.directory, "events.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FinishedTask)
    .filter(({ type, task }) => type === "task-finished" && counts(task));
  return finished.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
}

function inventory(sides: Sides): string {
  const host = ({ name, address, port, keyFile, knownHostsFile }: Side): string =>
    `        ${name}: { address: ${address}, port: ${port}, user: root, key_file: ${keyFile}, known_hosts_file: ${knownHostsFile} }`;
  return [
    ...["all:", "  children:", "    old:", "      hosts:", host(sides.old)],
    ...["    new:", "      hosts:", host(sides.new), ""],
  ].join("\n");
}

/** The tasks are those of the role maildir; that one takes the same path on both hosts, which here are one machine. */
function playbook({ directory, source, target }: OwnPath): string {
  return `name: Mail bench
stages:
  - name: hot-copy
    repeatable: true
    plays:
      - hosts: new
        tasks:
          - name: Mailboxes, while old keeps working
            ${pull(source, target, "hot")}
  - name: last-pass
    repeatable: true
    plays:
      - hosts: new
        tasks:
          - name: Mailboxes, while old keeps working
            ${pull(source, target, "hot")}
          - name: Before the freeze
            command: touch ${directory}/ready
          - name: The freeze
            wait_for: { path: ${directory}/go, timeout: 600, sleep: 0.1 }
          - name: ${lastPass}
            ${pull(source, target, "cold")}
  - name: proof
    repeatable: true
    plays:
      - hosts: new
        tasks:${ledgers(source, target, "hash: none")}
  - name: proof-with-hashes
    repeatable: true
    plays:
      - hosts: new
        tasks:${ledgers(source, target, "hash: all, hash_with: sha256")}
`;
}

function pull(source: string, target: string, phase: "hot" | "cold"): string {
  const owner = `owner: ${mailOwner.user}, group: ${mailOwner.user}`;
  return `rsync_pull: { from: mail-old, src: ${source}, dest: ${target}, phase: ${phase}, maildir: true, delete: true, ${owner} }`;
}

function ledgers(source: string, target: string, hashing: string): string {
  return `
          - name: Ledgers of both hosts, taken at the same time
            mail_ledger: { path: ${target}, save_as: ledger-new, ${hashing}, beside: [{ host: mail-old, path: ${source}, save_as: ledger-old }] }
          - name: Every message of old is on new, with its flags and UIDs
            mail_proof: { old: ledger-old, new: ledger-new, strict: true, save_as: proof }`;
}
