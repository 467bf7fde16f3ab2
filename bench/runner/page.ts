import { markdown } from "../common/markdown.ts";
import { median, type Reading } from "../common/measure.ts";
import { machine } from "../common/page.ts";
import { allPeers } from "./inside.ts";
import { reachLines } from "./reach.ts";
import { columnsOf, type Results } from "./results.ts";
import { works } from "./work.ts";

/** The figures as a table in Markdown: a peer a row, a work a column, medians in seconds. */
export function table(results: Results): string {
  const columns = works
    .filter(({ id }) => results.cells.some(({ work }) => work === id))
    .flatMap((work) => columnsOf(work).map((column) => ({ work: work.id, column })));
  const cell = (peer: string, at: { readonly work: string; readonly column: string }): string => {
    const found = results.cells.find(
      (one) => one.peer === peer && one.work === at.work && one.column === at.column,
    );
    return found === undefined ? "–" : shown(found.readings);
  };
  const rows = allPeers
    .filter(({ id }) => results.cells.some(({ peer }) => peer === id))
    .map(({ id, title }) => [
      id === "mailferry" ? `**${title}**` : title,
      ...columns.map((column) => cell(id, column)),
    ]);
  const heads = ["wall s (processor s), runs", ...columns.map(({ column }) => column)];
  const tables = rows.length === 0 ? [] : [markdown(heads, rows)];
  return [...tables, ...startUpLines(results), ...memoryLines(results), ...missingLines(results)].join(
    "\n\n",
  );
}

/** The section of docs/benchmarks.md. */
export function section(results: Results): string {
  const { processors: _, ...programs } = results.versions;
  return `## The runner

Written by \`npm run bench:runner\` on ${new Date().toISOString().slice(0, 10)}. All hosts are sshds on loopback
addresses, in namespaces of their own; everybody logs in with a key as a user and becomes root by sudo.
Each peer does the same work in turn, and the median of its runs is shown (a peer that takes long runs less often).
Mailferry is the built program with all that a user gets: templates, a journal that is synced to the disk, secrets
masked, sudo. After each run the files on the hosts are counted.

- Machine: ${machine()}
- Versions: ${Object.entries(programs)
    .map(([name, version]) => `${name} ${version}`)
    .join("; ")}

### The table

The tasks are \`command: touch {{target}}/task-N\`; the copies are \`copy\` of 20 files of 2 KB, first into an empty directory, then again.

${table(results)}

### What was to be reached

How many times faster than each peer Mailferry shall be. pyinfra is not in this run (it is no package of Debian's or npm's). Its
bars are taken from an earlier reading of pyinfra 2.9.2 on the same farm, as a multiple of what is in both readings: the
ControlMaster loop, and for copies the floor. They are estimates. Ansible with pipelining is told at 50 × 10 without a bar of its own: the bar of
thirty times is one for Ansible as it comes, and of pipelining it would lie far below the floor.

${markdown(["", "wanted", "measured", ""], reachLines(results))}

### Where the time goes

- *A short run* is mostly loading: Node, the parts of Mailferry that the playbook uses, the ssh library. A user's first run compiles
  them, and those behind it take what that one kept: the median is one of theirs. Then come some ten round trips to log in, to become
  root and to learn the least about the host. What a task costs after that is for the most part the host's own: a shell that forks, and the command. Its outputs pass through two processes that live as long as the shell, so that what
  it leaves running in the background can't write into the next command's output.
- *Many hosts* share this machine's processors with their controller. At 50 hosts the logins and sudo alone, which is what the floor does, take nearly all
  of the time: nobody can be much faster here, so a bar below the floor can't be reached on one machine.
- *The journal*: an intent is on the disk before its change begins. Hosts that do the same task share a sync.
- *The slow line*: a round trip a task, and those of the login.
- *Start-up*: bare Node is measured without NODE_EXTRA_CA_CERTS, which alone would double it. A third of what is left above it is
  what Node needs to set its streams up; the rest reads the command line's words.

### What each figure is

- *One ssh, one script*: the whole work as one shell script (or one tar) to one ssh a host. Nothing that decides task by task can be faster.
- *Mailferry*: up to 50 hosts at once (\`--forks 50\`), as many as the peers that don't take five.
- *ControlMaster loop*: one \`ssh\` a task over a connection that stays open.
- *Ansible as it comes*: facts, no pipelining, five hosts at once. *Pipelining*: without facts, 50 hosts at once. *Mitogen*: the same with its strategy.
- *20 ms RTT*: behind a line that holds every packet back for 10 ms, made with two tun devices.
- *Controller memory*: the largest resident set of Mailferry at work on 1,000 hosts with three tasks each.
`;
}

function startUpLines({ startUps }: Results): string[] {
  const bare = startUps[0]?.wallSeconds ?? Number.NaN;
  if (startUps.length === 0) return [];
  const rows = startUps.map(({ command, wallSeconds, runs }) => [
    `\`${command}\``,
    `${(wallSeconds * 1000).toFixed(0)} ms`,
    `${(wallSeconds / bare).toFixed(2)} ×`,
    String(runs),
  ]);
  return [markdown(["start-up", "wall", "of bare Node", "runs"], rows)];
}

function memoryLines({ memory }: Results): string[] {
  if (memory === undefined) return [];
  const { memoryMebibytes, wallSeconds } = memory;
  return [
    `Controller memory at 1,000 hosts: ${Math.round(memoryMebibytes)} MiB (three tasks each, ${wallSeconds.toFixed(0)} s in all).`,
  ];
}

function missingLines({ missing }: Results): string[] {
  return missing.length === 0 ? [] : [`Not measured here: ${missing.join("; ")}.`];
}

function shown(readings: readonly Reading[]): string {
  const wall = median(readings.map(({ wallSeconds }) => wallSeconds));
  const processor = median(readings.map(({ processorSeconds }) => processorSeconds));
  return `${wall.toFixed(2)} (${processor.toFixed(2)}), ${readings.length}`;
}
