import { markdown } from "../common/markdown.ts";
import { median, type Reading } from "../common/measure.ts";
import { machine } from "../common/page.ts";

/** What one way of copying took, in all rounds. The first one is the peer. */
export interface Figure {
  readonly by: string;
  readonly readings: Reading[];
}

/** All ways over one line. */
export interface Results {
  /** What tells this line from others: empty, or `, 20 ms`. */
  readonly where: string;
  readonly messages: number;
  readonly mailboxes: number;
  readonly figures: readonly Figure[];
  readonly versions: Readonly<Record<string, string>>;
}

/** How many times as fast as the peer, at least: with one connection, with four. */
const bars = [1, 2];

/** The figures and the bars, as tables in Markdown. */
export function tables(results: readonly Results[]): string {
  const rows = results.flatMap((result) => result.figures.map((figure) => row(result, figure)));
  const heads = ["work", "by", "s", "messages a second", "processor s", "rounds"];
  const reach = markdown(["work", "wanted", "measured", ""], results.flatMap(barRows));
  return [markdown(heads, rows), reach].join("\n\n");
}

/** The section of docs/benchmarks.md. */
export function section(results: readonly Results[]): string {
  const [near, far] = results;
  const versions = Object.entries(near?.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  return `## A copy through IMAP

Written by \`npm run bench:imap\` on ${new Date().toISOString().slice(0, 10)}. ${near?.messages} messages in ${near?.mailboxes} mailboxes (${far?.messages} in
${far?.mailboxes} over the slow line) go from the Maildirs of one lab host into the sdbox of another, both on this machine, through TLS and a
master user. New is empty each time, folders are made, too. Each way in turn; medians of the whole command are shown.

- *one connection a side, message by message*: the way of imapsync, which Debian has no package of. It is a program of this
  bench with the IMAP library that Mailferry has, too: imapsync itself is not measured. It lists both sides of a folder by headers, then
  fetches a message, appends it, and goes on to the next.
- *20 ms*: a process holds every packet to and from old back for 10 ms.
- *Mailferry*: the whole run of a playbook with one task, its start, locks, journal and statistics with it; it notes of each message that it is on
  its way, and that it arrived. New's Dovecot has MULTIAPPEND, so one command brings up to 32 messages there. One connection is one a side, for all users
  one after the other; four are four a side, for up to four users at once.
- *processor*: of the command alone; the servers' work is not in it.

- Machine: ${machine()}
- Versions: ${versions.join("; ")}

${tables(results)}
`;
}

function row({ where, messages }: Results, { by, readings }: Figure): string[] {
  const seconds = wallTime(readings);
  return [
    `copy${where}`,
    by.startsWith("Mailferry") ? `**${by}**` : by,
    seconds.toFixed(2),
    (messages / seconds).toFixed(0),
    median(readings.map(({ processorSeconds }) => processorSeconds)).toFixed(2),
    String(readings.length),
  ];
}

function barRows({ where, figures: [peer, ...own] }: Results): string[][] {
  return own.map(({ by, readings }, index) => {
    const bar = bars[index] ?? 1;
    const ratio = wallTime(peer?.readings ?? []) / wallTime(readings);
    const wanted = `${by}: ${bar === 1 ? "not slower" : `${bar} × faster`}`;
    return [`copy${where}`, wanted, `${ratio.toFixed(2)} ×`, ratio >= bar ? "reached" : "**not reached**"];
  });
}

function wallTime(readings: readonly Reading[]): number {
  return median(readings.map(({ wallSeconds }) => wallSeconds));
}
