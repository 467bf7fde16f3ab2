import type { LabHost } from "../../src/lab/lab.ts";
import { runCommand } from "../../src/lab/run-command.ts";
import type { Stage } from "../e2e/rehearse.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";

/** What lies about on each host before a move, by what it is. */
export type Standing = Readonly<Record<"old" | "new", Readonly<Record<string, ReadonlySet<string>>>>>;

/** Looks at what is there before a move: that is no leftover of it. */
export async function whatStands({ lab }: Stage, playbook: SoakedPlaybook): Promise<Standing> {
  return { old: await look(lab.hosts.old, playbook), new: await look(lab.hosts.new, playbook) };
}

/** What a move must not leave behind on its hosts and here, as sentences; none when all is as it should be. */
export async function leftovers(
  { lab }: Stage,
  playbook: SoakedPlaybook,
  before: Standing,
): Promise<string[]> {
  const { stays } = playbook;
  const findings: string[] = [];
  for (const host of [lab.hosts.old, lab.hosts.new] as const) {
    const role = host.role as "old" | "new";
    for (const [what, lines] of Object.entries(await look(host, playbook))) {
      const wanted = new Set([...(before[role][what] ?? []), ...(stays[role][what] ?? [])]);
      const more = [...lines].filter((line) => !wanted.has(line) && !mayLie(line, playbook));
      const missing = (stays[role][what] ?? []).filter((line) => !lines.has(line));
      findings.push(...more.map((line) => `${host.name}: ${what}: ${line}`));
      findings.push(...missing.map((line) => `${host.name}: ${what} is not there: ${line}`));
    }
  }
  return [...findings, ...(await processesHere(lab.namespace))];
}

/** Notes that Mailferry keeps for the next run, and what systemd makes for its services. */
function mayLie(line: string, { notes }: SoakedPlaybook): boolean {
  const note = /^\/var\/lib\/mailferry\/inventory--[a-z.-]+\/(.*)$/.exec(line)?.[1];
  return note === undefined ? alwaysMayLie.some((name) => name.test(line)) : notes.test(note);
}

const alwaysMayLie: readonly RegExp[] = [
  /^\/var\/lib\/mailferry\/(copied-from|pull-only|relay-before\.cf|jobs|inventory--[a-z.-]+)$/,
  // Which latches there are is looked at by itself.
  /^\/var\/lib\/mailferry\/latches(\/.*)?$/,
  /^\/(var\/)?tmp\/systemd-private-/,
  // Made by the first login, of whomever.
  /^\/run\/(motd\.dynamic|utmp|user)$/,
];

async function look(
  host: LabHost,
  { mailRoot, looks }: SoakedPlaybook,
): Promise<Readonly<Record<string, ReadonlySet<string>>>> {
  const found: Record<string, ReadonlySet<string>> = {};
  for (const [what, script] of Object.entries({ ...scripts, ...looks })) {
    const { stdout } = await host.exec(["sh", "-c", script, "sh", mailRoot]);
    found[what] = new Set(stdout.split("\n").filter((line) => line !== ""));
  }
  return found;
}

/** A line for each thing; `$1` is the directory of all mailboxes. */
const scripts: Readonly<Record<string, string>> = {
  "a process": "pgrep -af '[m]ailferry'",
  "a program at work":
    "pgrep -ax 'rsync|tar|sort|gzip|zstd|mysqldump|mariadb-dump|mysql|mariadb|redis-cli|ssh|doveadm|openssl|flock|sleep|timeout' | cut -d ' ' -f 2-",
  "a lock": "cat /var/lib/mailferry/lock",
  "a key line": `getent passwd | cut -d : -f 6 | sort -u | while read -r home; do
    grep -Hs mailferry: "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2"; done`,
  "a latch": "cd /var/lib/mailferry/latches && ls -A | grep -v '[.]lifted$'",
  "a masked unit": "systemctl list-unit-files --state=masked,masked-runtime --no-legend | cut -d ' ' -f 1",
  "a note": "find /var/lib/mailferry -mindepth 1",
  "a file in a directory for temporary ones":
    "find /tmp /var/tmp /run -mindepth 1 -maxdepth 1; find /dev/shm -type f",
  "a temporary file":
    "find / -xdev -path /proc -prune -o \\( -name '.mailferry-*' -o -name '*.before-mailferry*' -o -name '.new-*' -path '*/mailferry/*' \\) -print",
  "a broken copy in a mailbox": "find \"$1\" -type f -path '*/cur/.*' -o -type f -path '*/new/.*'",
};

/** What still runs here, in the lab's network: the hosts themselves do. */
async function processesHere(namespace: string): Promise<string[]> {
  const { stdout } = await runCommand(["ip", "netns", "pids", namespace]);
  const pids = stdout.toString().split("\n").filter(Boolean);
  const { stdout: listed } = await runCommand(["ps", "-o", "comm=,args=", "-p", pids.join(",")], {
    accept: "any",
  });
  const others = listed
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !/^systemd-nspawn\b/.test(line));
  return others.map((line) => `here: a process: ${line}`);
}
