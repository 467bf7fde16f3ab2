import { expect, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { NoteFile } from "./note-file.ts";

const folder = ["old", "new", "john", "john", "INBOX", "Inbox"] as const;
const back = ["new", "old", "john", "john", "Inbox", "INBOX"] as const;
const head = { old: "1", new: "2" };
const ended = AbortSignal.abort(new Error("ended"));

test("a note outlasts the one who wrote it, and waits for what was on its way", async () => {
  const context = fakeContext();
  const note = await NoteFile.open(folder, head, context);
  await note.begin([1], context);
  note.end([[1, 11]]);
  await note.begin([2], context);
  note.refuse([2]);
  const settled = await NoteFile.open(folder, head, context);
  await settled.settle(3_600_000, { ...context, signal: ended });
  await note.begin([3], context);
  const later = await NoteFile.open(folder, head, context);
  expect([...later.copied]).toEqual([[1, 11]]);
  await expect(later.settle(3_600_000, { ...context, signal: ended })).rejects.toThrow("interrupted");
  await later.settle(0, context);
  note.close();
});

test("what was found is kept, and what is gone is not", async () => {
  const context = fakeContext();
  const note = await NoteFile.open(folder, head, context);
  note.found(1, 11);
  note.found(2, 12);
  note.forget(1);
  await note.keep(context);
  note.close();
  expect([...(await NoteFile.open(folder, head, context)).copied]).toEqual([[2, 12]]);
  for (const other of [
    NoteFile.open(["old", "new", "jane", "jane", "INBOX", "Inbox"], head, context),
    NoteFile.open(folder, { ...head, new: "3" }, context),
  ]) {
    expect((await other).copied.size).toBe(0);
  }
});

test("what came from there is known to be there", async () => {
  const context = fakeContext();
  const note = await NoteFile.open(folder, head, context);
  note.found(1, 11);
  await note.keep(context);
  note.close();
  const turned = { old: head.new, new: head.old };
  const returning = await NoteFile.open(back, turned, context);
  expect([...returning.copied]).toEqual([[11, 1]]);
  returning.found(12, 2);
  await returning.keep(context);
  returning.close();
  expect([...(await NoteFile.open(folder, head, context)).copied]).toEqual([
    [1, 11],
    [2, 12],
  ]);
  expect((await NoteFile.open(back, { ...turned, old: "3" }, context)).copied.size).toBe(0);
});
