import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import type { LabHost } from "../../../src/lab/lab.ts";
import { killTree } from "../kill-tree.ts";
import type { BootedLab } from "../module-lab.ts";

/** An event of `--json`, as far as these tests look at it. */
interface Told {
  readonly type: string;
  readonly progress?: { readonly doneItems?: number };
}

/** What a copy through IMAP promises between two servers that keep and name mail in other ways. */
export function imapCopy(booted: () => BootedLab): void {
  const run = (stage: string, ...more: string[]) => booted().run("imap-copy", stage, ...more);

  test("killed amid a copy, it goes on: nothing is lost, and nothing is there twice", async () => {
    await run("servers");
    const rehearsal = await booted().rehearsal("imap-copy");
    const { playbook, inventory } = rehearsal;
    const child = rehearsal.start(["run", playbook, "-i", inventory, "--stage", "slowly", "--json"]);
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      const { type, progress } = JSON.parse(line) as Told;
      if (type !== "task-progress" || (progress?.doneItems ?? 0) < 30) continue;
      killTree(child.pid);
      break;
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    expect(child.signalCode).toBe("SIGKILL");
    expect(await run("copy")).toContain("there already");
    await run("prove");
  });

  test("a second copy has nothing to do", async () => {
    expect(await run("copy")).toContain("0 messages copied");
    expect(await run("copy", "--check")).toContain("0 messages copied");
  });

  test("names, flags, keywords, dates and subscriptions are those of old", async () => {
    const { old, new: fresh } = booted().lab.hosts;
    const inNewNames = (line: string) => line.replace("INBOX.Lists.", "Lists/").replace("INBOX.Sent", "Sent");
    for (const user of ["anna", "bert"]) {
      const before = (await messagesOf(old, user)).map(inNewNames).sort();
      expect(await messagesOf(fresh, user)).toEqual(before);
      expect(before.length).toBe(user === "anna" ? 312 : 21);
      expect(before[0]).toMatch(/2001-02-03 .*\$Label1/);
    }
    const subscribed = await fresh.run(["doveadm", "-c", config, "mailbox", "list", "-s", "-u", "anna"]);
    expect(subscribed).toContain("Lists/Grün\n");
  });

  test("a message that is gone from new fails the proof, and comes back by the next copy", async () => {
    await run("lose");
    const failed = await (await booted().rehearsal("imap-copy")).stage("prove");
    expect(failed, failed.stdout).toMatchObject({ exitCode: 5 });
    expect(failed.stdout + failed.stderr).toContain("1 missing");
    expect(await run("copy")).toContain("1 messages copied");
    await run("prove");
  });
}

const config = "/etc/imap-copy.conf";

/** Folder, Message-ID, date and flags of every message, sorted. */
async function messagesOf(host: LabHost, user: string): Promise<string[]> {
  const fields = "mailbox hdr.message-id date.received flags size.virtual";
  const rows = await host.run(["doveadm", "-c", config, "-f", "tab", "fetch", "-u", user, fields, "ALL"]);
  // Whether somebody has opened the folder before is no flag that can be copied.
  return rows.replaceAll(" \\Recent", "").trimEnd().split("\n").slice(1).sort();
}
