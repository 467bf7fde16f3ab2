import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { mailLedger } from "./mail-ledger/mail-ledger.ts";
import { mailProof } from "./mail-proof.ts";
import { type FakeContext, type FakeContextOptions, fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { localShell } from "./testing/local-shell.ts";
import { lookWith } from "./testing/run-module.ts";

/** The fake context's latches were set then. */
const openedAt = Date.parse("2024-01-01T00:00:00Z") / 1000;

const maildir = "example.org/john/Maildir";

/** A mail root on this machine with one message in INBOX. */
async function mailRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const folder of ["", ".Sent/"]) {
    for (const part of ["cur", "new", "tmp"])
      await mkdir(join(root, maildir, folder, part), { recursive: true });
  }
  await put(root, "cur/1600000000.a:2,S", "Message-ID: <both@example.org>\n\nhello\n", openedAt - 1e6);
  return root;
}

async function put(root: string, name: string, content: string, modifiedAt: number): Promise<void> {
  const path = join(root, maildir, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await utimes(path, modifiedAt, modifiedAt);
}

async function ledgers(old: string, current: string, options: FakeContextOptions = {}) {
  const host = (name: string, root: string): FakeHost =>
    new FakeHost({
      name,
      facts: { clock_skew: 100 },
      files: { [root]: { type: "directory" } },
      commands: [{ argv: ["sh"], answer: localShell }],
    });
  const context = fakeContext(options);
  const fresh = host("mail-new", current);
  await lookWith(mailLedger, { path: old, save_as: "ledger-old" }, host("mail-old", old), context);
  await lookWith(mailLedger, { path: current, save_as: "ledger-new" }, fresh, context);
  return { context, fresh };
}

function prove(context: FakeContext, host: FakeHost) {
  const words = { old: "ledger-old", new: "ledger-new", explain_extra: true };
  return lookWith(mailProof, words, host, context);
}

async function extrasIn(context: FakeContext) {
  const lines = (await readFile(await context.runFile("proof.jsonl"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).filter(({ difference }) => difference === "extra");
}

describe("mail_proof with explain_extra", () => {
  test("says of each message on new alone why it is there", async () => {
    const [old, current] = [await mailRoot(), await mailRoot()];
    // The host's clock is 100 s ahead of the controller's, which set the latch.
    const opened = openedAt + 100;
    const folded = "Received: by x\n\ty\nmessage-id:\n <folded@example.org>\nX: y\n\nMessage-ID: <no@x>\n";
    await put(current, "new/1704067300.b", folded, opened + 1);
    await put(
      current,
      "cur/1704067400.c d'$(x)\\:2,S",
      "Message-ID: <saved@example.org>\r\n\r\n",
      opened - 50,
    );
    await put(current, ".Sent/cur/1700000000.e:2,", "Subject: nothing\n\nMessage-ID: <no@x>\n", opened - 50);
    await put(current, ".Sent/cur/odd:2,", "", opened - 50);
    const { context, fresh } = await ledgers(old, current, { latches: ["new-opened"] });
    const { result, message } = await prove(context, fresh);
    expect(message).toContain("4 extra (1 arrived since, 1 saved there since, 2 not explained)");
    expect(result).toMatchObject({ extra: 4, explained: { arrived: 1, saved: 1, unexplained: 2 } });
    expect(await extrasIn(context)).toMatchObject([
      {
        name: "1704067300.b",
        explained: "arrived",
        at: "2024-01-01T00:01:41.000Z",
        messageId: "<folded@example.org>",
      },
      { name: "1704067400.c d'$(x)\\", explained: "saved", messageId: "<saved@example.org>" },
      { folder: expect.stringMatching(/Sent$/), name: "1700000000.e", explained: "unexplained" },
      { folder: expect.stringMatching(/Sent$/), name: "odd", explained: "unexplained" },
    ]);
    const rows = await readFile(await context.runFile("proof-exceptions.csv"), "utf8");
    expect(rows).toContain("1704067300.b,,,arrived,2024-01-01T00:01:41.000Z,<folded@example.org>");
    expect(result?.exceptions).toContain(
      "extra: example.org/john INBOX 1704067300.b (arrived since, 2024-01-01T00:01:41.000Z, <folded@example.org>)",
    );
  });

  test("explains nothing before new was opened, nor a message that is gone by now", async () => {
    const [old, current] = [await mailRoot(), await mailRoot()];
    await put(current, "new/1704067300.b", "Message-ID: <early@example.org>\n\n", openedAt + 500);
    const early = await ledgers(old, current);
    await prove(early.context, early.fresh);
    expect(await extrasIn(early.context)).toMatchObject([
      { explained: "unexplained", messageId: "<early@example.org>" },
    ]);
    const { context, fresh } = await ledgers(old, current, { latches: ["new-opened"] });
    await rm(join(current, maildir, "new/1704067300.b"));
    expect((await prove(context, fresh)).message).toContain("1 extra (1 not explained)");
  });

  test("wants to run on the host that the new ledger is of", async () => {
    const { context } = await ledgers(await mailRoot(), await mailRoot());
    await expect(prove(context, new FakeHost({ name: "mail-old" }))).rejects.toThrow("is of mail-new");
  });
});
