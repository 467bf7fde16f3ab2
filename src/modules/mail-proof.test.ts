import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { LedgerFolder, LedgerMessage } from "../mail/ledger.ts";
import { ledgerBytes } from "../mail/testing/fake-ledger.ts";
import { type MailProofArgs, mailProof } from "./mail-proof.ts";
import { type FakeContext, fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

function message(base: string, words: Partial<LedgerMessage> = {}): LedgerMessage {
  return { base, size: 1, flags: "S", keywords: "", uid: 1, hash: undefined, ...words };
}

async function saveLedger(context: FakeContext, name: string, messages: LedgerMessage[]): Promise<void> {
  const folder: LedgerFolder = {
    ...{ maildir: "example.org/a/Maildir", directory: "", uidValidity: 7, nextUid: 9, subscriptions: [] },
    messages,
  };
  await writeFile(await context.runFile(name), ledgerBytes({ host: name }, [folder]));
}

async function prove(old: LedgerMessage[], current: LedgerMessage[], words: Partial<MailProofArgs> = {}) {
  const context = fakeContext();
  await saveLedger(context, "ledger-old", old);
  await saveLedger(context, "ledger-new", current);
  const args = { old: "ledger-old", new: "ledger-new", ...words };
  return { look: lookWith(mailProof, args, new FakeHost(), context), context };
}

describe("mail_proof", () => {
  test("agrees, and keeps the proof", async () => {
    const { look, context } = await prove([message("1")], [message("1")], { strict: true });
    const { result, message: told } = await look;
    expect(result).toMatchObject({ on_both: 1, missing: 0, mailboxes: 1, verdict: "same", exceptions: [] });
    expect(told).toBe("1 messages of 1 mailboxes are on both hosts: nothing differs");
    const lines = (await readFile(String(result?.file), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(["proof", "mailbox", "total"]);
    expect(await readFile(await context.runFile("proof.csv"), "utf8")).toMatch(
      /^mailbox,verdict,on-both,missing,.+\r\nexample\.org\/a,same,1,0,.+\r\ntotal,same,1,0,.+\r\n$/,
    );
    expect(await readFile(await context.runFile("proof.txt"), "utf8")).toBe(`${told}\n`);
  });

  test("tells of which hosts and root, and of when the older ledger is; not where it let messages go", async () => {
    const { look } = await prove([message("1")], [message("1")]);
    const proof = { oldHost: "ledger-old", newHost: "ledger-new", takenAt: "2024-01-01", root: "/var/vmail" };
    expect((await look).proof).toEqual(proof);
    const lenient = await prove([message("1")], [message("1")], { allow_missing: true });
    expect((await lenient.look).proof).toBeUndefined();
  });

  test("two ledgers without a mailbox prove nothing, unless there is none yet", async () => {
    const { look, context } = await prove([], []);
    await look;
    for (const name of ["ledger-old", "ledger-new"]) {
      await writeFile(await context.runFile(name), ledgerBytes({ host: name }, []));
    }
    const args = { old: "ledger-old", new: "ledger-new" };
    const empty = lookWith(mailProof, args, new FakeHost(), context);
    await expect(empty).rejects.toMatchObject({
      kind: "proof-failed",
      message: expect.stringContaining("proves nothing"),
    });
    const allowed = lookWith(mailProof, { ...args, allow_empty: true }, new FakeHost(), context);
    expect((await allowed).message).toContain("nothing differs");
  });

  test("fails and names what is missing or altered", async () => {
    const { look, context } = await prove([message("1"), message("2")], [message("2", { size: 5 })]);
    await expect(look).rejects.toMatchObject({
      kind: "proof-failed",
      message: [
        "1 messages of 1 mailboxes are on both hosts, 1 missing, 1 altered: the proof failed",
        "  missing: example.org/a INBOX 1",
        "  altered: example.org/a INBOX 2 (old: 1 bytes, new: 5 bytes)",
      ].join("\n"),
      next: expect.stringContaining(await context.runFile("proof.jsonl")),
    });
    const kept = await readFile(await context.runFile("proof.jsonl"), "utf8");
    expect(kept).toContain('"difference":"missing","mailbox":"example.org/a","folder":"INBOX","name":"1"');
  });

  test("says what is left to do where new was opened, and nothing is copied over it any more", async () => {
    const { look, context } = await prove([message("1")], [], {});
    await expect(look).rejects.toMatchObject({ next: expect.stringContaining("Do not open the new host") });
    context.latchesSet.add("new-opened");
    const args = { old: "ledger-old", new: "ledger-new" };
    await expect(lookWith(mailProof, args, new FakeHost(), context)).rejects.toMatchObject({
      kind: "proof-failed",
      next: expect.stringContaining("put what is missing or altered there yourself"),
    });
  });

  test("names twenty, and those that fail it first", async () => {
    const extra = Array.from({ length: 30 }, (_, index) => message(`0${100 + index}`));
    const { look } = await prove([message("9")], extra);
    const failure = await look.catch((error: unknown) => error as Error);
    const lines = String((failure as Error).message).split("\n");
    expect(lines).toHaveLength(21);
    expect(lines[1]).toBe("  missing: example.org/a INBOX 9");
  });

  test("strict also wants flags, UIDs and nothing extra", async () => {
    const old = [message("1"), message("2"), message("3")];
    const current = [message("1", { flags: "" }), message("2", { uid: 5 }), message("3"), message("4")];
    expect((await (await prove(old, current)).look).result).toMatchObject({
      ...{ verdict: "complete", flags_differ: 1, uid_differs: 1, extra: 1 },
    });
    const strict = await prove(old, current, { strict: true });
    await expect(strict.look).rejects.toThrow("1 extra, 1 flags-differ, 1 uid-differs");
    const later = await prove([message("1")], [message("1"), message("4")], {
      strict: true,
      allow_extra: true,
    });
    expect((await later.look).result).toMatchObject({ extra: 1, verdict: "complete" });
  });

  test("tells of UIDs that it could not compare, where they are expected", async () => {
    const context = fakeContext();
    const folder: LedgerFolder = {
      ...{ maildir: "example.org/a/Maildir", directory: "", uidValidity: undefined, nextUid: undefined },
      ...{ subscriptions: [], messages: [message("1", { uid: undefined })] },
    };
    for (const name of ["ledger-old", "ledger-new"]) {
      await writeFile(await context.runFile(name), ledgerBytes({ host: name }, [folder]));
    }
    const args = { old: "ledger-old", new: "ledger-new", strict: true };
    const { result } = await lookWith(mailProof, { ...args, expect_uids: true }, new FakeHost(), context);
    expect(result).toMatchObject({ uids_unknown: 1, verdict: "complete" });
    expect(result?.exceptions).toEqual(["uids-unknown: example.org/a INBOX"]);
    expect(result?.notes).toEqual(context.notices);
    expect(await readFile(await context.runFile("proof.txt"), "utf8")).toContain(context.notices.join("\n"));
    expect(context.notices.join("")).toContain("1 folders of old have opened messages and no UIDVALIDITY");
    expect((await lookWith(mailProof, args, new FakeHost(), context)).result).toMatchObject({
      verdict: "same",
    });
  });

  test.each([
    ["none", "xxh128", "ledger-new is hashed (xxh128), and the ledger of ledger-old of 2024-01-01 is not"],
    ["sha256", "none", "The ledger of ledger-old is hashed (sha256), and ledger-new is not"],
    ["sha256", "xxh128", "ledger-old is hashed by sha256, and ledger-new by xxh128"],
  ] as const)("tells that it compared no hashes of %s with %s", async (old, current, said) => {
    const context = fakeContext();
    for (const [name, hash] of [
      ["ledger-old", old],
      ["ledger-new", current],
    ] as const) {
      const words = hash === "none" ? {} : { hash: `${hash === "sha256" ? "0a" : "0b"}` };
      const folder: LedgerFolder = {
        ...{ maildir: "example.org/a/Maildir", directory: "", uidValidity: 7, nextUid: 9, subscriptions: [] },
        messages: [message("1", words)],
      };
      await writeFile(await context.runFile(name), ledgerBytes({ host: name, hash }, [folder]));
    }
    const args = { old: "ledger-old", new: "ledger-new", strict: true };
    const { result } = await lookWith(mailProof, args, new FakeHost(), context);
    expect(result).toMatchObject({ verdict: "same", altered: 0 });
    expect(context.notices).toEqual([expect.stringContaining(said)]);
    const lines = (await readFile(String(result?.file), "utf8")).trimEnd().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ type: "note", note: context.notices[0] });
  });

  test("tells how many messages have no hash in one of two hashed ledgers", async () => {
    const context = fakeContext();
    for (const [name, words] of [
      ["ledger-old", { hash: "0a" }],
      ["ledger-new", {}],
    ] as const) {
      const folder: LedgerFolder = {
        ...{ maildir: "example.org/a/Maildir", directory: "", uidValidity: 7, nextUid: 9, subscriptions: [] },
        messages: [message("1", words), message("2", { hash: "0b" }), message("3", words)],
      };
      await writeFile(await context.runFile(name), ledgerBytes({ host: name, hash: "sha256" }, [folder]));
    }
    await lookWith(mailProof, { old: "ledger-old", new: "ledger-new" }, new FakeHost(), context);
    expect(context.notices).toEqual([
      expect.stringMatching(/^2 messages on both hosts have no hash in one of the ledgers/),
    ]);
  });

  test("tells how many long files it compared by size alone", async () => {
    const context = fakeContext();
    const files = ["a/long", "b/long"].map(
      (path) => ({ path, type: "file", size: 17 << 20, content: "" }) as const,
    );
    const small = { path: "c", type: "file", size: 1, content: "0a" } as const;
    for (const name of ["ledger-old", "ledger-new"]) {
      await writeFile(await context.runFile(name), ledgerBytes({ host: name }, [], [...files, small]));
    }
    const args = { old: "ledger-old", new: "ledger-new", strict: true, allow_empty: true };
    await lookWith(mailProof, args, new FakeHost(), context);
    expect(context.notices).toEqual([
      expect.stringMatching(/^2 files beside the messages are of 10 MB or more/),
    ]);
  });

  test("lets pass what users removed since, if it may", async () => {
    const { look } = await prove([message("1"), message("2")], [message("1")], { allow_missing: true });
    expect((await look).result).toMatchObject({ missing: 1, verdict: "complete" });
  });

  test("wants both ledgers, and whole ones", async () => {
    const args = { old: "ledger-old", new: "ledger-new" };
    await expect(lookWith(mailProof, args)).rejects.toThrow('no ledger "ledger-old"');
    const { context } = await prove([message("1")], [message("1")]);
    const path = await context.runFile("ledger-new");
    await writeFile(path, (await readFile(path, "latin1")).slice(0, -20), "latin1");
    await expect(lookWith(mailProof, args, new FakeHost(), context)).rejects.toThrow("cut short");
  });

  test.each([{}, { old: "a" }, { old: "a", new: "b", strict: "yes" }])("does not take %j", (args) => {
    expect(refuses(mailProof, args)).toBeDefined();
  });
});
