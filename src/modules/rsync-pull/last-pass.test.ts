import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { noteFailedProof } from "../failed-proof.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { listingName, passToGoOnFrom, rememberPass, wordsOf } from "./last-pass.ts";

const here = new FakeHost({ commands: [{ argv: ["sh"], answer: localShell }] });
const memory = "rsync-pull-0.json";
const pull = {
  from: "old",
  src: "/var/vmail",
  dest: "/var/vmail",
  maildir: true,
  delete: true,
  owner: "vmail",
};

/** Runs with directories of their own, as the engine keeps them; the newest file counts. */
async function runsOf(...ids: string[]) {
  const root = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const id of ids) await mkdir(join(root, id));
  const isThere = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  const lastRunFile = async (name: string) => {
    for (const id of ids.toReversed()) if (await isThere(join(root, id, name))) return join(root, id, name);
    return undefined;
  };
  const inRun = (id: string) => ({ lastRunFile, runFile: async (name: string) => join(root, id, name) });
  return { root, inRun };
}

async function keepPass(root: string, id: string, context: Awaited<ReturnType<typeof runsOf>>["inRun"]) {
  const notes = join(root, "notes");
  const dest = join(root, "dest");
  await Promise.all([notes, dest].map((path) => mkdir(path, { recursive: true })));
  const { dev, ino } = await stat(dest);
  await writeFile(join(notes, "known"), "");
  await writeFile(join(notes, "pass"), `${id}\n${dev}:${ino}\n`);
  const file = join(root, "listing");
  await writeFile(file, "");
  await rememberPass(
    memory,
    { mountPoint: "/", pass: id, startedAt: 7, words: wordsOf(pull) },
    { file, startedAt: 7 },
    context(id),
  );
  return (words = {}) =>
    passToGoOnFrom(memory, wordsOf({ ...pull, ...words }), { directory: notes }, dest, here, context(id));
}

test("a pass goes on from the last good one, until a proof fails: then from the next good one", async () => {
  const { root, inRun } = await runsOf("1", "2", "3");
  const goOn = await keepPass(root, "1", inRun);
  expect(await goOn()).toEqual({ file: join(root, "1", listingName(memory)), startedAt: 7, pass: "1" });

  await noteFailedProof("3 missing", inRun("2"));
  expect(await goOn()).toBeUndefined();
  expect(await (await keepPass(root, "2", inRun))()).toBeUndefined();
  expect(await (await keepPass(root, "3", inRun))()).toMatchObject({ pass: "3" });
});

test.each([{ delete: false }, { exclude: ["*.tmp"] }, { owner: "mail" }])(
  "a pass with other words does not go on from it: %o",
  async (words) => {
    const { root, inRun } = await runsOf("1");
    const goOn = await keepPass(root, "1", inRun);
    expect(await goOn({ phase: "hot", adopt: true })).toMatchObject({ pass: "1" });
    expect(await goOn(words)).toBeUndefined();
  },
);
