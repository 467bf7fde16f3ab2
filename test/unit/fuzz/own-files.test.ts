import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure, Refused } from "../../../src/contract/errors.ts";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import { readDone } from "../../../src/engine/done-tasks.ts";
import { describeHolder, lockStateDirectory, parseHolder } from "../../../src/engine/lock.ts";
import { readNote } from "../../../src/mail/imap-copy-note.ts";
import { parseRemembered } from "../../../src/modules/remembered.ts";
import { makeIdentity, openAge, recipientCount, sealAge, wantsPassphrase } from "../../../src/secrets/age.ts";
import { openVault, sealVault, vaultIdOf } from "../../../src/secrets/ansible-vault.ts";
import { effort, nearly, neverThrows } from "./foreign.ts";

describe("what Mailferry kept, whoever damaged it meanwhile", () => {
  const holder = describeHolder(
    { user: "root", uid: process.geteuid?.(), hostname: "here", machineId: "m1", pid: process.pid },
    "trial",
    new Date("2026-01-02T03:04:05Z"),
  );

  test("lock.json: whatever is in it, nobody gets past it who has not to", () => {
    const file = join(temporaryDirectory(), "lock.json");
    fc.assert(
      fc.property(nearly([`${JSON.stringify(holder)}\n`]), (text) => {
        writeFileSync(file, text);
        const held = parseHolder(text);
        const isGone = held !== undefined && held.machineId === "m1" && !isThisProcess(held);
        try {
          lockStateDirectory(join(file, ".."), holder, false)();
          expect(isGone).toBe(true);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          expect(isGone).toBe(false);
        }
      }),
      effort,
    );

    function isThisProcess({ pid, startedTicks }: typeof holder): boolean {
      return pid === holder.pid && startedTicks === holder.startedTicks;
    }
  });

  test("what a run had done of its stage", () => {
    const file = join(temporaryDirectory(), "done.jsonl");
    const sound = [
      { version: 2, stage: "copy", inputs: {}, meant: { tags: [], skipTags: [] } },
      { task: "p1.tasks.1", time: 1, host: "new", status: "ok" },
      { play: "p1", time: 1, answers: { a: "b" } },
    ];
    const text = sound.map((line) => `${JSON.stringify(line)}\n`).join("");
    writeFileSync(file, text);
    expect(readDone(file)?.lines).toHaveLength(2);
    fc.assert(
      fc.property(nearly([text]), (near) => {
        writeFileSync(file, near);
        try {
          readDone(file);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          const line = Number(/^.*:([0-9]+): this line is damaged$/.exec(error.message)?.[1]);
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(near.split("\n").length);
        }
      }),
      effort,
    );
  });

  test("memories, and the note of a copy by IMAP", () => {
    const head = { old: "17", new: "18" };
    neverThrows(['{"version":1,"old":"17","new":"18"}\n1 ?\n1 2\n3 -\n'], (text) => {
      readNote(text, head);
      try {
        expect(typeof parseRemembered(text, "/x", "y")).toBe("object");
      } catch (error) {
        expect(error).toMatchObject({ name: "Failure", message: "/x is damaged" });
      }
    });
  });
});

describe("what was encrypted is opened as it was, or not at all", () => {
  const plain = "a secret\n";

  test("age", async () => {
    const { identity, recipient } = await makeIdentity();
    const sealed = await sealAge(Buffer.from(plain), { recipients: [recipient] });
    expect([wantsPassphrase(sealed), recipientCount(sealed)]).toEqual([false, 1]);
    const property = fc.asyncProperty(nearly([sealed]), async (text) => {
      wantsPassphrase(text);
      const opening = await openAge(text, { identities: [identity] });
      if (opening.kind === "opened") expect(opening.bytes.toString()).toBe(plain);
    });
    await fc.assert(property, effort);
  });

  test("Ansible Vault", async () => {
    const sealed = await sealVault(Buffer.from(plain), "word", "label");
    expect(vaultIdOf(sealed)).toBe("label");
    const property = fc.asyncProperty(nearly([sealed]), async (text) => {
      vaultIdOf(text);
      const opening = await openVault(text, "word");
      if (opening.kind === "opened") expect(opening.bytes.toString()).toBe(plain);
    });
    await fc.assert(property, effort);
  });
});
