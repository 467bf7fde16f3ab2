import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { FakeHost } from "../../../src/modules/testing/fake-host.ts";
import { allowReading, namedIn } from "./access-lists.ts";
import { MailRoot, seeded } from "./mail-root.ts";
import { twoRoots } from "./two-roots.ts";

/** How many passes compared all of both trees: their job is handed rsync without a list. */
function fullPasses(host: FakeHost): number {
  const jobs = host.commands.filter(({ kind }) => kind === "job");
  return jobs.filter(({ argv }) => !argv.includes("--files-from=-")).length;
}

/** So often a pass follows on changes; DELTA_ROUNDS lets it do so for longer. */
const rounds = Number(process.env.DELTA_ROUNDS ?? 8);

// With a clock that stands ahead nothing is young: what a pass does not see to have changed stays as it is. One that is set
// back between two passes makes old what is young, and young what is old.
test.each([
  [1, ["now"]],
  [3, ["1hour"]],
  [4, ["1hour"]],
  [5, ["1hour", "now", "-1hour", "2hours", "-3hours"]],
])(
  "passes that touch only what changed leave what rsync would: seed %i, clock %j",
  async (seed, clocks) => {
    const random = seeded(seed);
    const { src, pass, difference, broken, current, withoutPerl, setClock } = twoRoots(clocks[0] ?? "now");
    if (seed === 4) withoutPerl();
    const root = new MailRoot(src, random);
    await pass();
    expect(difference()).toBe("");
    let wasBroken = 0;
    let linksLost = 0;
    for (let round = 0; round < rounds; round += 1) {
      setClock(clocks[round % clocks.length] ?? "now");
      const changes = Math.floor(random() * 300);
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
      // A link to a message of a folder in which nothing else changed comes as a file of its own.
      const links = difference("-H").split("\n").slice(0, -1);
      expect(links.filter((line) => !/^hf {10}\S/.test(line))).toEqual([]);
      linksLost += links.length;
    }
    // The first, and the one behind each that broke.
    expect(fullPasses(current)).toBeLessThanOrEqual(1 + 2 * wasBroken);
    // It would refuse if what the passes noted were not all that they brought.
    const full = await pass({ full: true });
    expect(full.applied?.result?.deleted).toBe(0);
    if (clocks.every((clock) => clock === "1hour")) expect(linksLost).toBeGreaterThan(0);
    expect(difference("-H")).toBe("");
    expect((await pass({ full: true })).applied?.unchanged).toBe(true);
  },
  rounds * 60_000,
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

test("access control lists name whom they named on old, while all that comes is its owner's", async () => {
  const { src, dest, pass, broken } = twoRoots("1hour");
  const root = new MailRoot(src, seeded(13));
  const [folder, second] = [join(src, "b.org/user/Maildir/.Shared"), join(src, "b.org/user/Maildir/.Since")];
  for (const part of ["cur", "new", "tmp"]) {
    for (const one of [folder, second]) mkdirSync(join(one, part), { recursive: true });
  }
  const own = { owner: "mail", group: "mail" };
  const seen = () => ({
    named: ["Shared", "Since"].map((name) => namedIn(join(dest, `b.org/user/Maildir/.${name}`))),
    strangers: execFileSync("find", [dest, "!", "-user", "mail", "-o", "!", "-group", "mail"]).toString(),
  });
  allowReading(folder, "bin");
  await pass(own);
  expect(seen()).toEqual({ named: [["bin"], []], strangers: "" });

  allowReading(folder, "daemon");
  allowReading(second, "bin");
  root.deliver();
  await pass(own);
  expect(seen()).toEqual({ named: [["daemon"], ["bin"]], strangers: "" });
  expect((await pass(own)).applied?.unchanged).toBe(true);

  // One that breaks off leaves what it brought to the next one.
  allowReading(folder, "bin");
  for (let count = 0; count < 20; count += 1) root.deliver();
  writeFileSync(broken, "1500");
  await expect(pass(own)).rejects.toThrow();
  rmSync(broken);
  await pass(own);
  expect(seen()).toEqual({ named: [["bin"], ["bin"]], strangers: "" });

  allowReading(second, "daemon");
  await pass({ ...own, full: true });
  expect(seen()).toEqual({ named: [["bin"], ["daemon"]], strangers: "" });
  expect((await pass({ ...own, full: true })).applied?.unchanged).toBe(true);
});

test("a message that passes brought and took away again is a stranger when somebody puts it back", async () => {
  const { src, dest, pass } = twoRoots("1hour");
  const root = new MailRoot(src, seeded(9));
  await pass();
  const folder = join(root.deliver() ?? "", "new");
  const [name = ""] = readdirSync(folder).slice(-1);
  const [there, here] = [join(folder, name), join(dest, relative(src, folder), name)];
  await pass();
  for (const _time of [1, 2]) {
    rmSync(there);
    await pass();
    writeFileSync(here, "");
    await expect(pass({ full: true })).rejects.toThrow("1 messages");
    rmSync(here);
    writeFileSync(there, "back");
    await pass();
    await pass({ full: true });
  }
});

test("a pass that would take away what no pass brought changes nothing, and guards the next one, too", async () => {
  const { src, dest, pass } = twoRoots("1hour");
  const root = new MailRoot(src, seeded(11));
  await pass();
  const folder = join(root.deliver() ?? "", "new");
  const stranger = join(dest, relative(src, folder), "1.stranger");
  writeFileSync(stranger, "somebody's");
  const before = readdirSync(join(stranger, ".."));
  for (const full of [false, false, true]) {
    await expect(pass({ full })).rejects.toThrow(/^1 messages in .* were brought by no pass: .*1\.stranger$/);
    expect(readdirSync(join(stranger, ".."))).toEqual(before);
  }
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
