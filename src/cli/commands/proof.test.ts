import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ExplainedExtra, placeOf } from "../../mail/extra-messages.ts";
import type { LedgerHead, LedgerMessage } from "../../mail/ledger.ts";
import { readLedger } from "../../mail/ledger-reader.ts";
import { drawProof } from "../../mail/proof-account.ts";
import { ledgerBytes, ledgerMessage } from "../../mail/testing/fake-ledger.ts";
import { makeWorkplace } from "../testing/run-in-memory.ts";

const rules = { strict: true, allowExtra: false, allowMissing: false };

/** A migration whose last run left two ledgers and the proof of them. */
async function provenMigration(old: LedgerMessage[], current: LedgerMessage[], explained?: ExplainedExtra) {
  const place = makeWorkplace({
    "hosts.yml": "all: { children: { old: { hosts: { alpha: } }, new: { hosts: { beta: } } } }\n",
    "move.yml": "name: Move\nstages: [{ name: main, plays: [{ hosts: new, tasks: [] }] }]\n",
  });
  onTestFinished(() => place.remove());
  const runs = join(place.directory, "state/runs/20240101T000000Z-000000");
  mkdirSync(runs, { recursive: true });
  const put = (name: string, head: Partial<LedgerHead>, messages: LedgerMessage[]): string => {
    const folder = { maildir: "a", directory: "", uidValidity: 7, nextUid: 9, subscriptions: [], messages };
    writeFileSync(join(runs, name), ledgerBytes(head, [folder]));
    return join(runs, name);
  };
  const files = {
    old: put("ledger-old", { host: "alpha" }, old),
    new: put("ledger-new", { host: "beta" }, current),
    proof: join(runs, "proof.jsonl"),
  };
  const read = async function* (path: string): AsyncGenerator<Buffer> {
    yield readFileSync(path);
  };
  let text = "";
  // Of new's message 2.
  const place2 = placeOf({ mailbox: "a", folder: "INBOX", name: "2" });
  const extras = explained === undefined ? undefined : "proof-extra.jsonl";
  const line = JSON.stringify({ place: place2, ...explained });
  if (extras !== undefined) writeFileSync(join(runs, extras), `${line}\n`);
  await drawProof(
    await readLedger(read(files.old), "old"),
    await readLedger(read(files.new), "new"),
    { ledgers: { old: "ledger-old", new: "ledger-new" }, rules, extras },
    {
      lines: (line) => {
        text += line;
      },
      mailboxes: () => {},
      exceptions: () => {},
    },
    explained && new Map([[place2, explained]]),
  );
  writeFileSync(files.proof, text);
  const prove = (...more: string[]) =>
    place.run(["proof", "move.yml", "-i", "hosts.yml", "--state-dir", "state", ...more]);
  return { files, put, prove };
}

describe("proof", () => {
  it("shows the last proof, made once more from its ledgers", async () => {
    const { prove } = await provenMigration([ledgerMessage("1")], [ledgerMessage("1")]);
    const { exitCode, stdout } = await prove();
    expect(exitCode).toBe(0);
    expect(stdout).toContain("alpha (2024-01-01) and beta (2024-01-01): 1 messages of 1 mailboxes");
    expect(stdout).toContain("Checked again from both ledgers");
  });

  it("tells what was found out of extra messages, and notices when that was changed", async () => {
    const { files, prove } = await provenMigration([], [ledgerMessage("2")], {
      explained: "arrived",
      at: "2024-01-01T00:00:00.000Z",
      messageId: "<2@example.org>",
    });
    const told = "extra: a INBOX 2 (arrived since, 2024-01-01T00:00:00.000Z, <2@example.org>)";
    expect((await prove()).stderr).toContain(told);
    writeFileSync(join(dirname(files.proof), "proof-extra.jsonl"), "");
    const changed = await prove();
    expect(changed.exitCode).toBe(5);
    expect(changed.stderr).toContain("is not what its ledgers say");
    rmSync(join(dirname(files.proof), "proof-extra.jsonl"));
    expect((await prove()).stderr).toContain(
      "proof-extra.jsonl, which explains this proof's extra messages, is gone",
    );
  });

  it("ends with 5 when mail is missing", async () => {
    const { prove } = await provenMigration([ledgerMessage("1"), ledgerMessage("2")], [ledgerMessage("1")]);
    const { exitCode, stderr } = await prove();
    expect(exitCode).toBe(5);
    expect(stderr).toContain("missing: a INBOX 2");
  });

  it("ends with 5 when proof or ledger was changed behind it", async () => {
    const { files, put, prove } = await provenMigration([ledgerMessage("1")], [ledgerMessage("1")]);
    put("ledger-new", { host: "beta" }, []);
    const emptied = await prove();
    expect(emptied.exitCode).toBe(5);
    expect(emptied.stderr).toContain("is not what its ledgers say: 0 messages of 1 mailboxes");
    put("ledger-new", { host: "beta" }, [ledgerMessage("1")]);
    expect((await prove()).exitCode).toBe(0);
    appendFileSync(files.proof, "{}\n");
    expect((await prove()).exitCode).toBe(5);
  });

  it("says when there is no proof, or its ledgers were taken anew", async () => {
    const { files, put, prove } = await provenMigration([], []);
    const none = await prove("--name", "other");
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toContain('there is no proof "other"');
    put("ledger-old", { host: "alpha", takenAt: "2024-02-02" }, []);
    expect((await prove()).stderr).toContain("ledger-old of 2024-01-01 was followed by one of 2024-02-02");
    writeFileSync(files.proof, "hello\n");
    expect((await prove()).stderr).toContain("is no proof of two ledgers");
  });
});
