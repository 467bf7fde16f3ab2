import { markdown } from "../common/markdown.ts";
import { median } from "../common/measure.ts";
import { machine } from "../common/page.ts";
import { type Figure, type Results, works } from "./figures.ts";
import { ledgerFolders } from "./large-ledgers.ts";
import { reachLines, tasksTime, wallTime } from "./reach.ts";

/** The figures and the bars, as tables in Markdown. */
export function tables(results: Results): string {
  const rows = works.flatMap(({ id, title }) =>
    results.figures.filter(({ work }) => work === id).map((figure) => row(title, figure)),
  );
  const heads = ["work", "by", "tasks s", "command s", "processor s", "memory MiB", "rounds", "command"];
  const bars = markdown(["work", "wanted", "by tasks", "by command", ""], reachLines(results));
  const missing = results.missing.map((what) => `Not measured here: ${what}.`);
  return [markdown(heads, rows), bars, ...missing].join("\n\n");
}

function row(title: string, figure: Figure): string[] {
  const { peer, command, readings } = figure;
  const isOwn = readings.some(({ taskSeconds }) => taskSeconds !== undefined);
  return [
    title,
    isOwn ? `**${peer}**` : peer,
    isOwn ? tasksTime(figure).toFixed(2) : "",
    wallTime(figure).toFixed(2),
    median(readings.map(({ processorSeconds }) => processorSeconds)).toFixed(2),
    Math.max(...readings.map(({ memoryMebibytes }) => memoryMebibytes)).toFixed(0),
    String(readings.length),
    `\`${command}\``,
  ];
}

/** The section of docs/benchmarks.md. */
export function section(results: Results): string {
  const { volume, versions } = results;
  const gigabytes = (volume.bytes / 1e9).toFixed(1);
  return `## The mail path

Written by \`npm run bench:mail\` on ${new Date().toISOString().slice(0, 10)}. ${volume.messages} messages in ${volume.mailboxes} mailboxes of five
folders (${gigabytes} GB), on a fresh ext4 for each first copy; its image has all of its blocks to begin with, and lies in memory where there is room for it, since a disk's own pace differs from one minute to the next. Old and new are two sshds on one machine, in namespaces of their own, with a fresh Debian's start files; the peers run on new
and leave the same files behind as Mailferry does. All take aes128-gcm. Each does the same work in turn; medians are shown. After every
pass rsync has to find nothing left to do: by times and sizes, and by content at the end.

- *tasks*: what the tasks themselves took, by Mailferry's own events; of a cutover, the last pass alone. One more pass goes before it while
  the mailboxes are in use, so its connections stand before the downtime begins, and the bars are judged by this; rsync's time has its login in it. *command*: the whole command, from the start of Node to its end, with login, locks, journal and that other pass. *processor*: of the
  command and its children on the controller; what sshd starts is not in it.
- Each pass and proof begins behind a sync and a read of all directories and inodes of both trees: a kernel may have thrown them out of its memory.
- First copies take turns at being first, and each is dropped before the next one: whoever comes later would find the memory full of what the others wrote. Two copies go before that are not measured. First copies differ most from one to the next: there are twice as many rounds of them.
- *memory*: the largest of any one process on the controller's side.
- *0.1 % changed*: a third deliveries, a third other flags, a third expunged, anywhere in the volume.
- *20 ms*: old is behind a line that holds every packet back for 10 ms; new and the controller are at this end.
- *folders of ten times the messages*: a tenth of the mailboxes, once with a tenth of the messages and once with all; the same number of changes.
- *ten million messages*: in ${ledgerFolders} folders with their uidlists, one tree as both sides. Its messages are links to few files, which a ledger by
  names and sizes does not open.

- Machine: ${machine()}
- Versions: ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join("; ")}

${tables(results)}
`;
}
