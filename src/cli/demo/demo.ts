import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Failure } from "../../contract/errors.ts";
import { type Snapshot, takeSnapshot } from "../../lab/check/snapshot.ts";
import type { Lab } from "../../lab/lab.ts";
import { labDown } from "../../lab/lab-down.ts";
import { labUp } from "../../lab/lab-up.ts";
import { balanceLines, drawBalance } from "../../lab/rehearsal/balance.ts";
import { prepareRehearsal, type Rehearsal } from "../../lab/rehearsal/rehearsal.ts";
import { relayQuietSeconds } from "../../lab/scenarios/ispmail.ts";
import type { SeedManifest } from "../../lab/seeder/manifest.ts";
import { seed } from "../../lab/seeder/seed.ts";
import { type SenderProcess, startSender } from "../../lab/sender/start.ts";

const usage = `scripts/demo [--mailboxes 20] [--messages 2000] [--rate 20] [--keep]
Boots an old and a new mail server, and moves one to the other while mail flows.
--keep leaves the two servers up afterwards (mailferry lab shell old demo).`;

const playbook = "bullseye-to-trixie";
const stages = ["preflight", "prepare", "hot-copy", "cutover", "verify", "finish"];

export interface DemoRequest {
  /** The `mailferry` program, an absolute path. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly say: (text: string) => void;
}

interface DemoSize {
  readonly mailboxes: number;
  readonly messages: number;
  readonly rate: number;
  readonly keep: boolean;
}

/** The whole story on real hosts. Gives back the exit code: 0 only when the proof and the sender's ledger agree. */
export async function runDemo({ program, argv, say }: DemoRequest): Promise<number> {
  const size = readSize(argv);
  if (size === undefined) {
    say(usage);
    return 2;
  }
  await labDown("demo");
  say("\n== Two mail servers: old (Debian 11) and new (Debian 13), and a name server");
  const lab = await labUp({ name: "demo", onProgress: (text) => say(`   ${text}`) });
  let traffic: SenderProcess | undefined;
  try {
    say(`\n== ${size.messages} messages in ${size.mailboxes} mailboxes of old`);
    const manifest = await fill(lab, size, say);
    const before = await takeSnapshot(lab.hosts.old);
    const rehearsal = await prepareRehearsal({ lab, program, playbook });
    say(`\n== Mail flows into old: ${size.rate} a second, through the whole move`);
    traffic = await startTraffic(lab, manifest, size.rate);
    if (!(await migrate(rehearsal, traffic, say))) return 1;
    return await sumUp(rehearsal, before, traffic, say);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(`\n${error.message}\n${error.next ?? ""}`);
    return 1;
  } finally {
    await traffic?.kill();
    if (size.keep) say("\nThe lab is still up: mailferry lab shell old demo; mailferry lab down demo");
    else await labDown("demo");
  }
}

function readSize(argv: readonly string[]): DemoSize | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        mailboxes: { type: "string", default: "20" },
        messages: { type: "string", default: "2000" },
        rate: { type: "string", default: "20" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const numbers = [values.mailboxes, values.messages, values.rate].map(Number);
    if (values.help || numbers.some((number) => !(number > 0))) return undefined;
    const [mailboxes = 20, messages = 2000, rate = 20] = numbers;
    return { mailboxes, messages, rate, keep: values.keep };
  } catch {
    return undefined;
  }
}

async function fill(lab: Lab, size: DemoSize, say: DemoRequest["say"]): Promise<SeedManifest> {
  const { mailboxes, messages } = size;
  return seed(lab.hosts.old, {
    mailboxes,
    messages,
    seed: 1,
    inNamespace: lab.inNamespace,
    onProgress: (text) => say(`   ${text}`),
  });
}

function startTraffic(lab: Lab, manifest: SeedManifest, rate: number): Promise<SenderProcess> {
  return startSender(
    {
      run: "demo",
      rate,
      recipients: manifest.recipients,
      // A real sender keeps an answer for its TTL; nobody wants to watch a demo for a day.
      route: { mode: "mx", nameServer: lab.hosts.dns.address, family: "both", maxTtlSeconds: 5 },
    },
    { directory: join(lab.directory, "traffic"), inNamespace: lab.inNamespace },
  );
}

async function migrate(
  rehearsal: Rehearsal,
  traffic: SenderProcess,
  say: DemoRequest["say"],
): Promise<boolean> {
  for (const stage of stages) {
    // Nobody sends to old any more: finish wants to see it quiet.
    if (stage === "finish") {
      await traffic.stop();
      await untilQuiet(rehearsal.lab, say);
    }
    say(`\n== mailferry run ${playbook} -i inventory.yml --stage ${stage}`);
    const { exitCode } = await rehearsal.stage(stage, [], true);
    if (exitCode === 0) continue;
    say(`\nThe stage ${stage} ended with exit code ${exitCode}.`);
    return false;
  }
  return true;
}

const quietPatienceMs = 60_000;

/** Waits until no mail came in on old for as long as the lab's `finish` asks for, and a second more. In the end `finish` tells who still came. */
async function untilQuiet({ hosts }: Lab, say: DemoRequest["say"]): Promise<void> {
  say(`\n== No more mail is sent: old has to be quiet for ${relayQuietSeconds} s before the last stage`);
  const since = ["--since", `${relayQuietSeconds + 1} seconds ago`];
  const question = ["journalctl", "--quiet", ...since, "--identifier", "postfix/smtpd", "--output", "cat"];
  const deadline = Date.now() + quietPatienceMs;
  while (Date.now() < deadline) {
    if (!(await hosts.old.run(question)).includes(": client=")) return;
    await sleep(500);
  }
}

async function sumUp(
  rehearsal: Rehearsal,
  before: Snapshot,
  traffic: SenderProcess,
  say: DemoRequest["say"],
): Promise<number> {
  const verdict = await drawBalance(rehearsal.lab, { before, log: traffic.log });
  const { downtimeSeconds: downtime } = await rehearsal.readState();
  const told = downtime === undefined ? "unknown" : `${downtime.toFixed(1)} s`;
  say(["\n== Summary", ...balanceLines(verdict), `downtime                     ${told}`].join("\n   "));
  return verdict.good && downtime !== undefined ? 0 : 5;
}
