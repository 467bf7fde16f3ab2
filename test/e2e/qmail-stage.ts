import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { accountFor } from "../../src/lab/check/accounting.ts";
import { collectMessageIds } from "../../src/lab/check/collect-ids.ts";
import { compareHomes, type Homes, listHomes } from "../../src/lab/check/homes.ts";
import type { MoreVariables } from "../../src/lab/inventory-file.ts";
import type { Lab, LabHost } from "../../src/lab/lab.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { prepareRehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import { readSenderLog } from "../../src/lab/sender/log.ts";
import type { Recipient, SenderRoute } from "../../src/lab/sender/options.ts";
import { type SenderProcess, startSender } from "../../src/lab/sender/start.ts";
import { type Stage, type StageEquipment, until } from "./rehearse.ts";

const program = resolve("bin/mailferry.js");
const mailRoot = "/mail";

/** Erin's home is sticky: mail for her would wait for ever. */
const recipients: readonly Recipient[] = [
  { address: "alice@example.org", finals: ["alice@example.org"] },
  { address: "bob@example.org", finals: ["bob@example.org"] },
  { address: "carol@example.net", finals: ["carol@example.net"] },
  { address: "dave@example.net", finals: ["dave@example.net"] },
  { address: "postmaster@example.org", finals: ["alice@example.org"] },
];

/**
 * Boots two hosts with a stand-in for qmail, and fills the old one by SMTP; some messages are read, some in a folder.
 * `isSenderStale`: the sender keeps to old, whatever the DNS says.
 */
export async function setQmailStage(
  name: string,
  {
    variables,
    isSenderStale = false,
    isWithoutRootLogin = true,
    ...equipment
  }: StageEquipment & { variables?: MoreVariables; isSenderStale?: boolean } = {},
): Promise<Stage> {
  await labDown(name);
  const { playbook, environment, ...more } = equipment;
  const lab = await labUp({ name, scenario: "qmail-to-qmail", isWithoutRootLogin, ...more });
  const route: SenderRoute = isSenderStale
    ? { mode: "pinned", address: lab.hosts.old.address }
    : { mode: "mx", nameServer: lab.hosts.dns.address, family: "4", maxTtlSeconds: 5 };
  const send = (run: string, rate: number, count?: number) =>
    startSender(
      { run: `${name}-${run}`, rate, count, recipients, route },
      { directory: resolve(lab.directory, "traffic"), inNamespace: lab.inNamespace },
    );
  const seeding = await send("seed", 50, 100);
  await until(() => seeding.tally().accepted === 100);
  // It ends by itself; a signal that asks it to would come at any moment of that.
  await seeding.kill();
  await until(async () => (await queueOf(lab.hosts.old)) === "");
  await lab.hosts.old.run(["sh", "-euc", readSome]);
  await writeFile(homesBefore(lab), JSON.stringify(await listHomes(lab.hosts.old, mailRoot)));
  const options = { lab, program, variables, playbook, environment: environment?.(lab) };
  return {
    lab,
    ...{ manifest: nothingByImap, before: { users: {} } },
    rehearsal: await prepareRehearsal(options),
    otherOperator: () => prepareRehearsal({ ...options, operator: "other-operator" }),
    startTraffic: (rate = 4) => send("traffic", rate),
    close: () => labDown(name),
  };
}

/**
 * Stops the sender, waits until both queues are empty, and says what became of each mail, those of the seeding too, and what of all
 * that lay in old's homes before is not on new as it was: flags, folders, POP3 ids, owners, modes, times, bytes.
 */
export async function accountForQmail({ lab }: Stage, traffic: SenderProcess) {
  await traffic.stop();
  for (const host of [lab.hosts.old, lab.hosts.new]) {
    await until(async () => {
      await host.run(["pkill", "-ALRM", "-x", "qmail-send"]);
      return (await queueOf(host)) === "";
    });
  }
  const logs = [traffic.log, traffic.log.replace(/traffic\.jsonl$/, "seed.jsonl")];
  const sent = (await Promise.all(logs.map(readSenderLog))).flatMap((log) => [...log.values()]);
  const found = await collectMessageIds(lab.hosts.new, { root: mailRoot });
  const { accepted, lost, doubled, stray } = accountFor({ sent, found });
  const before = JSON.parse(await readFile(homesBefore(lab), "utf8")) as Homes;
  const differences = compareHomes(before, await listHomes(lab.hosts.new, mailRoot));
  return { accepted, heldBefore: 100, lost: [...lost], doubled, stray, differences };
}

/** Where it is kept what lay in old's homes before anything was done. */
function homesBefore({ directory }: Lab): string {
  return join(directory, "homes-before.json");
}

/**
 * Old restarts while its homes are frozen and mail comes in: it takes that mail, delivers none of it, and users stay out.
 * Needs a sender.
 */
export async function rebootFrozenOld({ lab }: Stage): Promise<void> {
  const { old } = lab.hosts;
  const modes = async () => (await homeModes(old)).map(({ mode }) => mode);
  const sticky = ["1700", "1755", "1711", "3750", "1700"];
  expect(await modes()).toEqual(sticky);
  // What had passed the look at the sticky bit has been delivered by then.
  await until(async () => (await old.exec(["pgrep", "-x", "qmail-local"])).exitCode === 1);
  const [delivered, held] = [await maildirFiles(old), await heldBySend(old)];
  await lab.reboot("old");
  await until(async () => (await heldBySend(old)) >= held + 8);
  expect(await maildirFiles(old)).toBe(delivered);
  expect(await modes()).toEqual(sticky);
  expect(await old.run(["svstat", "/service/qmail-pop3d"])).toContain(": down ");
}

/** The homes of all users with their permission bits, in the order of the users' numbers. */
export async function homeModes(
  host: LabHost,
): Promise<readonly { readonly name: string; readonly mode: string }[]> {
  const listed = await host.run([
    "find",
    "/mail",
    "-mindepth",
    "2",
    "-maxdepth",
    "2",
    "-printf",
    "%U %f %m\\n",
  ]);
  const lines = listed.trim().split("\n").sort();
  return lines.map((line) => {
    const [, name = "", mode = ""] = line.split(" ");
    return { name, mode };
  });
}

async function maildirFiles(host: LabHost): Promise<string> {
  const listed = await host.run(["find", "/mail", "-path", "*/Maildir/*", "-type", "f"]);
  return listed.split("\n").sort().join("\n");
}

/** How many messages qmail-send has looked at, and not got rid of. */
async function heldBySend(host: LabHost): Promise<number> {
  const listed = await host.run(["find", "/var/qmail/queue/info", "-type", "f"]);
  return listed.split("\n").length - 1;
}

async function queueOf(host: LabHost): Promise<string> {
  const waiting = await host.run(["/var/qmail/bin/qmail-qread"]);
  const { stdout } = await host.exec(["find", "/var/qmail/queue/todo", "-type", "f"]);
  return waiting + stdout;
}

// As a client that knows Maildir leaves them: seen, flagged, and moved into a folder.
const readSome = `
  cd /mail/example.org/alice/Maildir
  mkdir .Sent .Sent/cur .Sent/new .Sent/tmp
  touch .Sent/maildirfolder
  for file in $(ls new | head -n 5); do mv "new/$file" "cur/$file:2,S"; done
  for file in $(ls new | head -n 3); do mv "new/$file" ".Sent/cur/$file:2,FS"; done
  chown -R alice:alice .`;

const nothingByImap: Stage["manifest"] = {
  ...{
    version: 1,
    size: { mailboxes: 0, messages: 0, seed: 0 },
    users: [],
    aliases: [],
    recipients,
    messages: 100,
  },
  ...{ spamTraining: 0, webmailUsers: 0 },
};
