import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { filterOptions, filterRules } from "../../../src/modules/rsync-pull/filter-rules.ts";
import { rsyncPull } from "../../../src/modules/rsync-pull/rsync-pull.ts";
import { fakeContext } from "../../../src/modules/testing/fake-context.ts";
import { FakeHost } from "../../../src/modules/testing/fake-host.ts";
import { localShellWith } from "../../../src/modules/testing/local-shell.ts";
import { runModule } from "../../../src/modules/testing/run-module.ts";
import { pullOnlyScript } from "../../../src/transport/pull-only.ts";
import { MailRoot, seeded } from "./mail-root.ts";

/** Two mail roots on this machine, a way between them by the real rsync, and passes from one into the other. */
function twoRoots(clockAhead: string) {
  const place = mkdtempSync(join(tmpdir(), "mailferry-delta-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const [src, dest, bin] = ["old", "new", "bin"].map((name) => join(place, name)) as [string, string, string];
  for (const directory of [src, dest, bin, join(place, "state")]) mkdirSync(directory);
  const pullOnly = join(bin, "pull-only");
  writeFileSync(pullOnly, pullOnlyScript);
  const broken = join(place, "broken");
  // What ssh does with a forced command; a link that is to break does so after a while.
  program(bin, "link", [
    'while [ "$1" != rsync ]; do shift; done',
    `export SSH_ORIGINAL_COMMAND="$*"`,
    `if [ -e ${broken} ]; then sh ${pullOnly} ${src} | { dd bs=1 count="$(cat ${broken})" status=none; kill -9 $$; }; fi`,
    `exec sh ${pullOnly} ${src}`,
  ]);
  program(bin, "date", [`exec /bin/date -d ${clockAhead} "$@"`]);
  const host = (name: string) =>
    new FakeHost({
      name,
      facts: { machine_id: name },
      files: { [src]: { type: "directory" }, [dest]: { type: "directory" } },
      commands: [{ argv: [], answer: localShellWith(bin) }],
    });
  const [old, current] = [host("old"), host("new")];
  const base = fakeContext({ peers: [old, current] });
  const context = {
    ...base,
    workPath: join(place, "state"),
    workDirectory: async () => join(place, "state"),
    openDataLink: async () => ({ remoteShell: join(bin, "link"), remote: "old", directory: src }),
  };
  const args = { from: "old", src, dest, phase: "cold" as const, maildir: true, delete: true, attempts: 1 };
  return {
    ...{ src, dest, broken, current },
    withoutPerl: () => program(bin, "perl", ["exit 127"]),
    pass: async (more: { readonly closed_ports?: readonly number[] } = {}) =>
      runModule(rsyncPull, { ...args, closed_ports: [], min_source_share: 0, ...more }, current, context),
    /** What a full rsync would still do, by content. */
    difference: () => {
      const rules = filterOptions(filterRules({ maildir: true }));
      const options = ["-acnO", "--delete", "--out-format=%i %n", ...rules];
      const { stdout, stderr } = spawnSync("rsync", [...options, `${src}/`, `${dest}/`], {
        encoding: "utf8",
      });
      return stdout + stderr;
    },
  };
}

function program(bin: string, name: string, lines: readonly string[]): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${lines.join("\n")}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** How many passes compared all of both trees: their job is handed rsync without a list. */
function fullPasses(host: FakeHost): number {
  const jobs = host.commands.filter(({ kind }) => kind === "job");
  return jobs.filter(({ argv }) => !argv.includes("--files-from=-")).length;
}

// With a clock that stands ahead nothing is young: what a pass does not see to have changed stays as it is.
test.each([
  [1, "now"],
  [3, "1hour"],
  [4, "1hour"],
])(
  "passes that touch only what changed leave what rsync would: seed %i, clock %s",
  async (seed, clock) => {
    const random = seeded(seed);
    const { src, pass, difference, broken, current, withoutPerl } = twoRoots(clock);
    if (seed === 4) withoutPerl();
    const root = new MailRoot(src, random);
    await pass();
    expect(difference()).toBe("");
    let wasBroken = 0;
    for (let round = 0; round < 8; round += 1) {
      const changes = Math.floor(random() * 120);
      for (let change = 0; change < changes; change += 1) root.change();
      if (random() < 0.25) {
        writeFileSync(broken, String(Math.floor(random() * 3000)));
        if (
          await pass().then(
            () => false,
            () => true,
          )
        )
          wasBroken += 1;
        rmSync(broken);
        for (let change = 0; change < 20; change += 1) root.change();
      }
      await pass();
      expect(`round ${round}: ${difference()}`).toBe(`round ${round}: `);
    }
    // The first, and the one behind each that broke.
    expect(fullPasses(current)).toBeLessThanOrEqual(1 + 2 * wasBroken);
  },
  120_000,
);

test("a pass after which nothing changed does nothing", async () => {
  const { src, pass, current } = twoRoots("1hour");
  new MailRoot(src, seeded(7));
  await pass();
  const jobs = current.commands.filter(({ kind }) => kind === "job").length;
  const again = await pass();
  expect(again.applied?.unchanged).toBe(true);
  expect(current.commands.filter(({ kind }) => kind === "job").length).toBe(jobs);
});

test("a link in the place of a folder on new leads a pass nowhere", async () => {
  const { src, dest, pass } = twoRoots("1hour");
  const root = new MailRoot(src, seeded(8));
  await pass();
  const folder = root.deliver() ?? "";
  const outside = mkdtempSync(join(tmpdir(), "mailferry-outside-"));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  mkdirSync(join(outside, "new"));
  writeFileSync(join(outside, "new", ".placeholder"), "");
  const inside = join(dest, relative(src, folder));
  rmSync(inside, { recursive: true });
  symlinkSync(outside, inside);
  await expect(pass()).rejects.toThrow("a symbolic link stands in the place of a directory");
  expect(readdirSync(join(outside, "new"))).toEqual([".placeholder"]);
});
