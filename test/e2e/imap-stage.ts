import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accountFor } from "../../src/lab/check/accounting.ts";
import { askForMessageIds } from "../../src/lab/check/collect-ids.ts";
import type { Lab, LabHost } from "../../src/lab/lab.ts";
import { readSenderLog } from "../../src/lab/sender/log.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { type Stage, type StageEquipment, setTheStage, until } from "./rehearse.ts";

/** An old server with mail, a new one of another layout that has its accounts, and an operator who knows what the playbook asks for. */
export async function setImapStage(name: string, equipment: StageEquipment = {}): Promise<Stage> {
  const stage = await setTheStage(name, {}, "imap-copy", equipment);
  const { old } = stage.lab.hosts;
  await giveAccountsToNew(stage);
  await answer(stage, {});
  await writeFile(mailboxesBefore(stage.lab), JSON.stringify(await mailboxesOf(old)));
  return stage;
}

/** Has the operator type the names that stages ask for, and what else is said. */
export async function answer(
  { rehearsal, lab }: Stage,
  answers: Readonly<Record<string, string>>,
): Promise<void> {
  const names = { "confirm-cutover": "Mailboxes through IMAP", "confirm-back": lab.hosts.new.name };
  const told = { ...names, ...answers };
  const lines = Object.entries(told).map(([key, value]) => `${key}: "${value}"\n`);
  await writeFile(rehearsal.answers, lines.join(""), { mode: 0o600 });
}

/** What the person does by hand who is asked for the freeze: old takes no more mail, and what it had taken has arrived; IMAP stays. */
export async function freeze(old: LabHost): Promise<void> {
  await until(async () => (await old.exec(["systemctl", "is-active", "postfix"])).exitCode === 0);
  await old.run(["sh", "-euc", "postconf -e master_service_disable=inet; systemctl reload postfix"]);
  await until(async () => (await old.exec(["pgrep", "-x", "smtpd"])).exitCode === 1);
  await until(() => isQueueEmpty(old));
}

/** Ends the freeze, by hand, too. */
export async function thaw(old: LabHost): Promise<void> {
  await old.run(["sh", "-euc", "postconf -X master_service_disable; systemctl reload postfix"]);
}

/** How often each message is where: "user folder Message-ID flags size date", folders joined by "/". */
export type Mailboxes = Readonly<Record<string, number>>;

/** Looks into all mailboxes of a host. */
export async function mailboxesOf(host: LabHost): Promise<Mailboxes> {
  const separator = host.role === "old" ? "." : "/";
  const fields = "mailbox hdr.message-id flags size.virtual date.received";
  const rows = JSON.parse(await host.run(["doveadm", "-f", "json", "fetch", "-A", fields, "ALL"])) as Row[];
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const flags = (row.flags ?? "").split(" ").filter((flag) => flag !== "" && flag !== "\\Recent");
    const folder = (row.mailbox ?? "").split(separator).join("/");
    const message = [row.username, folder, row["hdr.message-id"], ...flags.sort()];
    const key = [...message, row["size.virtual"], row["date.received"]].join(" ");
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

type Row = Readonly<Record<string, string | undefined>>;

/** Stops the sender, waits until nothing is under way any more, and says what became of each mail, and of what old held. */
export async function accountForImap({ lab }: Stage, traffic: SenderProcess) {
  await traffic.stop();
  for (const host of [lab.hosts.old, lab.hosts.new]) await until(() => isQueueEmpty(host));
  const sent = (await readSenderLog(traffic.log)).values();
  const verdict = accountFor({ sent, found: await askForMessageIds(lab.hosts.new) });
  const before = JSON.parse(await readFile(mailboxesBefore(lab), "utf8")) as Mailboxes;
  const after = await mailboxesOf(lab.hosts.new);
  const differences = Object.entries(before)
    .filter(([message, count]) => after[message] !== count)
    .map(([message, count]) => ({
      user: message.split(" ")[0] ?? "",
      folder: "",
      kind: "not as it was",
      detail: `${message}: ${count} of it on old, ${after[message] ?? 0} on new`,
    }));
  const heldBefore = Object.values(before).reduce((sum, count) => sum + count, 0);
  const { accepted, lost, doubled, stray } = verdict;
  return { accepted, heldBefore, lost, doubled, stray, differences };
}

/** Where it is kept what old held before anything was done. */
function mailboxesBefore({ directory }: Lab): string {
  return join(directory, "mailboxes-before.json");
}

async function isQueueEmpty(host: LabHost): Promise<boolean> {
  const queues = ["maildrop", "incoming", "active", "deferred"];
  await host.exec(["postqueue", "-f"]);
  return (
    (await host.run(["find", ...queues.map((queue) => `/var/spool/postfix/${queue}`), "-type", "f"])) === ""
  );
}

/** The new server is set up with all accounts before anything is moved. */
async function giveAccountsToNew({ lab }: Stage): Promise<void> {
  const dump = ["mysqldump", "--no-create-info", "--complete-insert", "mailserver"];
  await lab.hosts.new.run(["mariadb", "mailserver"], { stdin: await lab.hosts.old.run(dump) });
}
