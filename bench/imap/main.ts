import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measure, type Reading } from "../common/measure.ts";
import { putOnPage } from "../common/page.ts";
import { type BenchLab, bootBenchLab } from "./bench-lab.ts";
import { type Figure, type Results, section, tables } from "./page.ts";
import type { CopyTask, Server } from "./task.ts";

const usage = `npm run bench:imap -- [options]
  --quick         one round, a tenth of the messages; leaves the page
  --rounds N      how often each is measured (3)
  --messages N    how many messages (3,000), in mailboxes of 150 on average; a fifth of them over the slow line
With --quick or --messages the page stays as it is. It needs what a lab needs (mailferry lab up), and Debian's package time.`;

/** The round trip of the slow line, and the port of this machine that it begins at. */
const line = { roundTripMs: 20, port: 2993 };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      messages: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const messages = Number(values.messages ?? (values.quick ? 300 : 3000));
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  const results = [await measureNear(messages, rounds), await measureFar(Math.ceil(messages / 5), rounds)];
  console.log(`\n${tables(results)}`);
  if (!values.quick && values.messages === undefined) putOnPage("imap", section(results));
}

function measureNear(messages: number, rounds: number): Promise<Results> {
  return withLab(messages, async (lab, directory) => measureAll(lab, directory, rounds, "", 993));
}

/** Old is at the far end of the line; a process of its own is the line. */
function measureFar(messages: number, rounds: number): Promise<Results> {
  return withLab(messages, async (lab, directory) => {
    const proxy = await layLine(lab);
    try {
      return await measureAll(lab, directory, rounds, `, ${line.roundTripMs} ms`, line.port);
    } finally {
      proxy.kill();
    }
  });
}

async function withLab(
  messages: number,
  use: (lab: BenchLab, directory: string) => Promise<Results>,
): Promise<Results> {
  const size = { messages, mailboxes: Math.ceil(messages / 150), medianBytes: 4096 };
  const lab = bootBenchLab("bench-imap", size);
  const directory = mkdtempSync(join(tmpdir(), "mailferry-bench-"));
  try {
    return await use(lab, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    lab.down();
  }
}

async function layLine(lab: BenchLab): Promise<ChildProcess> {
  const program = join(import.meta.dirname, "delay-proxy.js");
  const words = [program, String(line.port), "10.77.0.10", "993", String(line.roundTripMs / 2)];
  const [command = "", ...argv] = lab.inNetwork([process.execPath, ...words]);
  const proxy = spawn(command, argv, { stdio: ["ignore", "pipe", "inherit"] });
  await once(proxy.stdout as NonNullable<typeof proxy.stdout>, "data");
  return proxy;
}

/** Each way in turn, so that what else the machine does meets all of them. */
async function measureAll(
  lab: BenchLab,
  directory: string,
  rounds: number,
  where: string,
  port: number,
): Promise<Results> {
  const master = { master_user: "mover", master_password: "autumnleaf" };
  const old: Server = { address: port === 993 ? "10.77.0.10" : "127.0.0.1", port, ...master };
  const task: CopyTask = { old, new: { address: "10.77.0.20", port: 993, ...master }, users: lab.users };
  writeFileSync(join(directory, "task.json"), JSON.stringify(task));
  const peer = [process.execPath, join(import.meta.dirname, "peer.js"), join(directory, "task.json")];
  const ways = [
    { by: "one connection a side, message by message", argv: () => peer },
    { by: "Mailferry, one connection", argv: () => ownArgv(lab, directory, task, 1) },
    { by: "Mailferry, four connections", argv: () => ownArgv(lab, directory, task, 4) },
  ];
  const messages = lab.count("old");
  const figures = ways.map(({ by }): Figure => ({ by, readings: [] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, { by, argv }] of ways.entries()) {
      lab.empty();
      const attempt = { argv: lab.inNetwork(argv()), directory, environment: { HOME: directory } };
      const reading = await measure(attempt, directory);
      const copied = lab.count("new");
      if (copied !== messages) throw new Error(`${by}: ${copied} of ${messages} messages are on new`);
      figures[index]?.readings.push(reading);
      tell(by + where, reading);
    }
  }
  return { where, messages, mailboxes: lab.users.length, figures, versions: versionsOf(lab) };
}

function ownArgv(lab: BenchLab, directory: string, task: CopyTask, connections: number): string[] {
  const state = join(directory, "state");
  rmSync(state, { recursive: true, force: true });
  const side = (server: Server): object => ({ ...server, verify: false });
  const args = { old: side(task.old), new: side(task.new), users: task.users, connections };
  const playbook = [{ hosts: "control", tasks: [{ name: "copied", imap_copy: args }] }];
  const file = join(directory, "playbook.yml");
  writeFileSync(file, JSON.stringify(playbook));
  const program = join(process.cwd(), "bin", "mailferry.js");
  return [process.execPath, program, "run", file, "-i", lab.inventory, "--state-dir", state];
}

function tell(by: string, { wallSeconds, processorSeconds }: Reading): void {
  console.log(`${by}: ${wallSeconds} s, processor ${processorSeconds.toFixed(2)} s`);
}

function versionsOf(lab: BenchLab): Readonly<Record<string, string>> {
  const version = (host: "old" | "new"): string => lab.on(host, "dovecot --version").trim();
  const linux = execFileSync("uname", ["-r"], { encoding: "utf8" }).trim();
  return {
    Node: process.version,
    "Dovecot of old": version("old"),
    "Dovecot of new": version("new"),
    Linux: linux,
  };
}

await main();
