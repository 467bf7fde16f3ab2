import { appendFile, mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JobSpec } from "../../contract/host.ts";
import { mailProof } from "../mail-proof.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { lookWith, refuses, runModule } from "../testing/run-module.ts";
import { mailLedger } from "./mail-ledger.ts";
import { type MailLedgerJobArgs, mailLedgerJob } from "./mail-ledger-job.ts";

/** A host with one mailbox of three messages, whose commands run here, and what its jobs write lies in `work`. */
async function hostWithMail(name: string): Promise<{ host: FakeHost; root: string; work: string }> {
  const directory = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [root, work] = [join(directory, "mail"), join(directory, "work")];
  for (const part of ["cur", "new", "tmp"])
    await mkdir(join(root, "example.org/john/Maildir", part), { recursive: true });
  await mkdir(work);
  for (const message of ["1.a:2,", "2.b:2,S", "3.c:2,"]) await writeFile(messageOf(root, message), message);
  const host = new FakeHost({
    name,
    files: { [root]: { type: "directory" }, [work]: { type: "directory" } },
    commands: [{ argv: ["sh"], answer: localShell }],
  });
  return { host, root, work };
}

function messageOf(root: string, name: string): string {
  return join(root, "example.org/john/Maildir/cur", name);
}

/** The context of a host: run files are those of the migration, jobs its own. */
function contextOn(all: FakeContext, work: string): FakeContext {
  const { runFile, lastRunFile } = all;
  return { ...fakeContext(), runFile, lastRunFile, workPath: work, workDirectory: async () => work };
}

/** Does what a host does meanwhile, and lets the fake tree of the host know what lies there. */
function endJob(context: FakeContext, host: FakeHost, exitCode?: number): void {
  for (const [id, { argv }] of context.startedJobs as Map<string, JobSpec>) {
    const answer = localShell({ kind: "job", argv, options: {} });
    if (typeof answer === "string" || answer instanceof Error) throw new Error("the job gave no result");
    const result = {
      exitCode: exitCode ?? answer.exitCode ?? 0,
      stdout: Buffer.alloc(0),
      stderr: Buffer.from(answer.stderr ?? ""),
    };
    context.jobs.set(id, { isRunning: false, result });
    const begun = `${argv[4]}.begun`;
    host.tree.write(
      begun,
      Buffer.from(
        (localShell({ kind: "probe", argv: ["cat", begun], options: {} }) as { stdout: Buffer }).stdout,
      ),
      {},
    );
  }
}

const started = { state: "started", since: "ledger-old", hash_with: "sha256" } as const;

async function twoSides() {
  const [old, fresh] = [await hostWithMail("mail-old"), await hostWithMail("mail-new")];
  const all = fakeContext();
  await lookWith(mailLedger, { path: old.root, save_as: "ledger-old" }, old.host, all);
  const contexts = { old: contextOn(all, old.work), fresh: contextOn(all, fresh.work) };
  return { old, fresh, all, contexts };
}

describe("mail_ledger_job", () => {
  test("what it finds while nobody waits tells a message that was altered in place, and no other", async () => {
    const { old, fresh, all, contexts } = await twoSides();
    const altered = messageOf(fresh.root, "1.a:2,");
    const time = new Date(1_700_000_000_000);
    await writeFile(altered, "1.X:2,");
    for (const root of [old.root, fresh.root]) await utimes(messageOf(root, "1.a:2,"), time, time);
    // A user flags one, deletes one, and gets one.
    await rename(messageOf(fresh.root, "2.b:2,S"), messageOf(fresh.root, "2.b:2,FS"));
    await rm(messageOf(fresh.root, "3.c:2,"));
    await writeFile(messageOf(fresh.root, "4.d:2,"), "new");
    for (const [side, context] of [
      [old, contexts.old],
      [fresh, contexts.fresh],
    ] as const) {
      const args: MailLedgerJobArgs = { path: side.root, ...started };
      const { change, left } = await runModule(mailLedgerJob, args, side.host, context);
      expect(change?.summary).toContain("in the background");
      expect(left).toBeUndefined();
      endJob(context, side.host);
      const save_as = side === old ? "contents-old" : "contents-new";
      const ledger = await lookWith(
        mailLedger,
        { path: side.root, save_as, since: "ledger-old" },
        side.host,
        context,
      );
      expect(ledger.result).toMatchObject({ messages: 3, hash: "sha256" });
      expect((await mailLedgerJob.check(args, side.host.reader(), context)) === undefined).toBe(true);
    }
    const proof = lookWith(
      mailProof,
      { old: "contents-old", new: "contents-new", allow_missing: true },
      new FakeHost(),
      all,
    );
    await expect(proof).rejects.toThrow(
      /1 missing, 1 extra, 1 altered[\s\S]*altered: example.org\/john INBOX 1\.a /,
    );
  });

  test("begins anew with a newer ledger, when the host lost it, when it failed, and when it is asked to", async () => {
    const { old, all, contexts } = await twoSides();
    const context = contexts.old;
    const args: MailLedgerJobArgs = { path: old.root, ...started };
    const again = { ...args, again: true };
    await runModule(mailLedgerJob, args, old.host, context);
    const [first = ""] = context.jobs.keys();
    // One at work is never begun a second time.
    expect(await mailLedgerJob.check(again, old.host.reader(), context)).toBeUndefined();
    endJob(context, old.host);
    expect(await mailLedgerJob.check(again, old.host.reader(), context)).toMatchObject({
      ends: [{ id: first }],
    });
    endJob(context, old.host, 1);
    expect(await mailLedgerJob.check(args, old.host.reader(), context)).toMatchObject({
      ends: [{ id: first }],
      starts: { job: { id: first } },
    });
    await appendFile(messageOf(old.root, "1.a:2,"), "longer");
    await lookWith(mailLedger, { path: old.root, save_as: "ledger-old" }, old.host, all);
    endJob(context, old.host);
    const { applied } = await runModule(mailLedgerJob, args, old.host, context);
    expect(applied).toBeDefined();
    expect([...context.jobs.keys()]).toEqual([expect.not.stringContaining(first)]);
    expect(old.host.changesRun().join("\n")).toContain(`rm -f -- ${join(old.work, first)}.gz`);
  });

  test("finds again what a run that was killed while it ended it left there", async () => {
    const { old, contexts } = await twoSides();
    await runModule(mailLedgerJob, { path: old.root, ...started }, old.host, contexts.old);
    const absent = { path: old.root, state: "absent" } as const;
    const found = await mailLedgerJob.check(absent, old.host.reader(), contexts.old);
    old.host.answer(["rm"], new Error("killed"));
    if (found === undefined) throw new Error("there is nothing to end");
    await expect(mailLedgerJob.apply(found, old.host, contexts.old)).rejects.toThrow("killed");
    expect(await mailLedgerJob.check(absent, old.host.reader(), contexts.old)).toEqual(found);
  });

  test("ends what is there, at work or not, and then has nothing left to do", async () => {
    const { old, contexts } = await twoSides();
    await runModule(mailLedgerJob, { path: old.root, ...started }, old.host, contexts.old);
    const other = { path: `${old.root}-other`, state: "absent" } as const;
    expect(await mailLedgerJob.check(other, old.host.reader(), contexts.old)).toBeUndefined();
    const { left } = await runModule(
      mailLedgerJob,
      { path: old.root, state: "absent" },
      old.host,
      contexts.old,
    );
    expect(left).toBeUndefined();
    expect([...contexts.old.jobs.keys()]).toEqual([]);
  });

  test("what there is no job for, or a failed one, is told; a ledger without one is made by itself", async () => {
    const { old, contexts } = await twoSides();
    const args = { path: old.root, save_as: "contents", since: "ledger-old" };
    await expect(lookWith(mailLedger, args, old.host, contexts.old)).rejects.toThrow("there is no job");
    await runModule(mailLedgerJob, { path: old.root, ...started }, old.host, contexts.old);
    endJob(contexts.old, old.host, 1);
    await expect(lookWith(mailLedger, args, old.host, contexts.old)).rejects.toThrow("there failed a job");
    expect(refuses(mailLedgerJob, { path: "/m", state: "started" })).toContain("since");
    expect(refuses(mailLedger, { ...args, hash: "all" })).toBeDefined();
  });
});
