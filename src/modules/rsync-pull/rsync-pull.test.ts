import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { copiedFromFile } from "../../contract/copied-from.ts";
import type { LatchName } from "../../contract/latch.ts";
import { type FakeContextOptions, fakeContext } from "../testing/fake-context.ts";
import { type FakeCall, type FakeCommand, FakeHost } from "../testing/fake-host.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { rsyncPull } from "./rsync-pull.ts";

const version = "rsync  version 3.2.3  protocol version 31\n    batchfiles, inplace, append, ACLs, xattrs,\n";
const listed = ["started 1000", "found 0", "found 0", "sorted 0", "sorted 0", "merged 0", "packed 0"]
  .map((step) => `mailferry: ${step}\n`)
  .join("");
const listening = "  sl  local_address rem_address   st\n   0: 00000000:0019 00000000:0000 0A 0\n";

interface HostWords {
  readonly files?: number;
  readonly mount?: string;
  readonly tcp?: string;
  readonly resolved?: string;
  readonly rsync?: string;
  readonly foreign?: string;
  readonly basis?: "known" | "first";
  readonly copiedFrom?: string;
  readonly room?: boolean;
  readonly others?: string;
  readonly jobs?: readonly {
    readonly exitCode?: number;
    readonly stderr?: string;
    readonly items?: number;
  }[];
  readonly strangers?: string;
  /** What its mail comes to, part by part; without it that can't be told. */
  readonly survey?: string;
  /** Whether a directory has an access control list. */
  readonly acls?: boolean;
  /** What a tree that is no mail root is like; without it that can't be told. */
  readonly tree?: () => string;
  /** What the first copy says; without it the directory is not empty. */
  readonly unpacked?: { readonly exitCode?: number; readonly stdout?: string; readonly stderr?: string };
}

function host(name: string, words: HostWords = {}): FakeHost {
  const runs = [...(words.jobs ?? [{ items: 3 }, { items: 0 }])];
  const answers: FakeCommand[] = [
    { argv: ["true"], answer: "" },
    { argv: ["cat", "/proc/net/tcp"], answer: words.tcp ?? "" },
    {
      argv: ["find"],
      answer: ({ argv }) => (argv.includes("-quit") ? (words.strangers ?? "") : ".".repeat(words.files ?? 0)),
    },
    {
      argv: ["sh", "-c"],
      answer: ({ kind, argv }, { tree }) => {
        if (isSideLook(argv)) {
          const real = tree.entries.has(argv[4] ?? "") ? (words.resolved ?? argv[4]) : "";
          const [, , , , path, room] = argv;
          return sideOf(real, words.mount, words.rsync, tree.entries.has(`${path}/${room}`) ? room : "");
        }
        if (argv[2]?.startsWith("mkdir -p")) return "";
        if (argv[2]?.includes("mailferry: listed at")) return words.tree?.() ?? "";
        if (argv[2]?.includes("xargs -0 -r ls -dn")) return { exitCode: words.acls === true ? 0 : 1 };
        if (argv[2]?.includes("//mailbox")) return words.survey ?? { exitCode: 1 };
        if (argv[2]?.includes("tar --extract")) return words.unpacked ?? { exitCode: 77 };
        if (kind === "job") return ended(runs.shift() ?? {});
        if (argv[2]?.includes("mailferry: started")) return { stderr: listed, stdout: gzipSync("") };
        if (argv[2]?.includes("exec stat -c %d:%i")) return { exitCode: 1 };
        if (argv[2]?.includes("pull-*/known")) return words.others ?? "";
        if (!argv[2]?.includes("comm -z")) return undefined;
        return { stdout: words.foreign ?? "", stderr: `mailferry: ${words.basis ?? "known"}\n` };
      },
    },
  ];
  const mark = words.copiedFrom === undefined ? {} : { [copiedFromFile]: words.copiedFrom };
  const directory = { type: "directory" as const };
  const room = words.room === true ? { "/var/vmail/.mailferry-merge": directory } : {};
  const files = { "/var/vmail": directory, ...mark, ...room };
  return new FakeHost({ name, files, facts: { machine_id: name }, commands: answers });
}

function isSideLook(argv: readonly string[]): boolean {
  return argv[2]?.includes("rsync --version") === true;
}

function sideOf(real = "/var/vmail", mount = "/", rsync = version, room = ""): string {
  return `${real}\0${real === "" ? "" : mount}\0${room}\0${rsync}\0`;
}

function ended({ exitCode = 0, stderr = "", items = 0 }: NonNullable<HostWords["jobs"]>[number]) {
  const stats = [
    "  1,000  10%    1.00MB/s    0:00:01 (xfr#1, to-chk=9/10)",
    "Number of files: 10 (reg: 9, dir: 1)",
    `Number of created files: ${items}`,
    "Number of deleted files: 0",
    `Number of regular files transferred: ${items}`,
    "Total file size: 5000 bytes",
    `Total transferred file size: ${items * 100} bytes`,
    `mailferry: ${items} items`,
  ];
  return { exitCode, stderr, stdout: `${stats.join("\n")}\n` };
}

const pull: RsyncPullArgs = { from: "mail-old", src: "/var/vmail/", dest: "/var/vmail" };

async function run(
  args: Partial<RsyncPullArgs>,
  old: HostWords = {},
  current: HostWords = {},
  context: FakeContextOptions = {},
) {
  const target = host("mail-new", current);
  const at = fakeContext({ peers: [host("mail-old", old), target], ...context });
  return { ...(await runModule(rsyncPull, { ...pull, ...args }, target, at)), target, at };
}

function jobOf(target: FakeHost): FakeCall | undefined {
  return target.commands.find(({ kind }) => kind === "job");
}

describe("rsync_pull", () => {
  test("copies over a data link, as a job, and tells how far it is", async () => {
    const { applied, target, at } = await run({ bandwidth: "10m" });
    expect(applied).toMatchObject({ unchanged: false, result: { files: 3, bytes: 300, total_files: 10 } });
    expect(at.dataLinks).toEqual([{ source: "mail-old", target: "mail-new", directory: "/var/vmail" }]);
    expect(at.progressSeen[0]).toMatchObject({ doneBytes: 1000, doneItems: 1, totalItems: 10 });
    const job = jobOf(target);
    expect(job?.argv.slice(4)).toEqual([
      ...["", "/var/vmail", "", "", ""],
      ...["rsync", "-aHS", "-A", "-X", "--no-inc-recursive", "--stats", "--no-human-readable"],
      ...[
        "--info=progress2",
        "--out-format=%i %n",
        expect.stringMatching("^--partial-dir=/var/lib/mailferry/"),
      ],
      ...["--timeout=300", "--bwlimit=10m", "--rsh=ssh -i /var/lib/mailferry/link -o BatchMode=yes"],
      ...["root@192.0.2.20:/", "/var/vmail/"],
    ]);
    expect(job?.options.environment).toEqual({ LC_ALL: "C" });
  });

  test("names the mail root that it copies, which wants a proof; of anything else none", async () => {
    const root = { oldHost: "mail-old", newHost: "mail-new", root: "/var/vmail" };
    expect((await run({ maildir: true, dest: "/var/vmail/" })).change?.copies).toEqual(root);
    expect((await run({})).change?.copies).toBeUndefined();
  });

  test("fills an empty mail root by tar, tells how far it is, and looks at the owners", async () => {
    const stdout = "mailferry: read 1 20480\nmailferry: read 1 61440\nmailferry: unpacked 900\n";
    const unpacked = { stdout, stderr: "Total bytes read: 81920 (80KiB, 1MiB/s)\n" };
    const words = { maildir: true, delete: true, full: true, owner: "vmail", group: "vmail" };
    const { applied, target, at } = await run(words, { files: 800, acls: true }, { unpacked, files: 0 });
    expect(applied).toMatchObject({
      unchanged: false,
      result: { first: true, files: 900 + 3, bytes: 81_920 + 300 },
    });
    const text = "looking how much there is on mail-old";
    expect(at.progressSeen.slice(0, 3)).toMatchObject([
      { text },
      { doneBytes: 20_480 },
      { doneBytes: 61_440 },
    ]);
    const argv = jobOf(target)?.argv ?? [];
    const request = argv.find((word) => word.startsWith("mailferry-archive "));
    expect(request).toMatch(/^mailferry-archive --acls --xattrs( --exclude=[a-z.*]+)+$/);
    expect(argv.slice(-5)).toEqual([
      "-i",
      "/var/lib/mailferry/link",
      "-o",
      "BatchMode=yes",
      "root@192.0.2.20",
    ]);
    const told = { ...unpacked, stdout: `${stdout}mailferry: stranger /var/vmail/x\n` };
    const strangers = { unpacked: told };
    await expect(run(words, { files: 800 }, strangers)).rejects.toThrow("/var/vmail/x on mail-new does not");
  });

  test("what changed during a first copy comes at once, but where it was short and old is in use", async () => {
    const noNames = createHash("sha256").digest("hex");
    const copyOf = async (more: Partial<RsyncPullArgs>, names = noNames) => {
      const stdout = `mailferry: streamed 1\nmailferry: unpacked 900\nmailferry: names ${names}\n`;
      const unpacked = { stdout, stderr: "Total bytes read: 10 (x)\n" };
      const { at, applied } = await run({ maildir: true, ...more }, {}, { unpacked });
      const old = await at.peer("mail-old");
      if (!(old instanceof FakeHost)) throw new Error("no fake host");
      const listings = old.commands.filter(({ argv }) => argv[2]?.includes("mailferry: started")).length;
      return { listings, files: applied?.result?.files };
    };
    const alone = { listings: 1, files: 900 };
    const withPassBehind = { listings: 2, files: 903 };
    expect(await copyOf({ phase: "cold" })).toEqual(withPassBehind);
    expect(await copyOf({ phase: "hot" })).toEqual(alone);
    expect(await copyOf({ phase: "hot" }, "of others")).toEqual(withPassBehind);
    expect(await copyOf({ phase: "hot", delete: true, full: true })).toEqual(withPassBehind);
    const clock = vi.spyOn(Date, "now");
    onTestFinished(() => clock.mockRestore());
    for (let minute = 0; minute < 1000; minute += 1) clock.mockReturnValueOnce(minute * 60_000);
    expect(await copyOf({ phase: "hot" })).toEqual(withPassBehind);
  });

  test("fills it by two streams where that pays, or by as many as it is told", async () => {
    const survey = "a/one//9000 9000000 1\na/two//8000 8000000 1\na/three//900 900000 1\n//apart\n";
    const unpacked = { stderr: "Total bytes read: 10240 (x)\nTotal bytes read: 20480 (x)\n" };
    const listsOf = async (more: Partial<RsyncPullArgs>, told = survey) => {
      const { target, applied } = await run({ maildir: true, ...more }, { survey: told }, { unpacked });
      const job = jobOf(target);
      const isShard = job?.argv.some((word) => / --shard( |$)/.test(word));
      return { lists: job?.options.stdin?.toString(), sizes: job?.argv[10], isShard, applied };
    };
    const both = await listsOf({});
    expect(both).toMatchObject({ lists: "./a/two\n./a/three\n./a/one\n", sizes: "18 8", isShard: true });
    expect(both.applied?.result?.bytes).toBe(30_720 + 300);
    expect(await listsOf({ streams: 3 })).toMatchObject({ sizes: "18 18 16" });
    const one = { lists: "", sizes: "0", isShard: false };
    expect(await listsOf({ streams: 1 })).toMatchObject(one);
    expect(await listsOf({ streams: 2 }, survey.replace("apart", "tied"))).toMatchObject(one);
    expect(await listsOf({}, "a/one//900 900000 1\na/two//800 800000 1\n//apart\n")).toMatchObject(one);
  });

  test("steps back on both hosts while they are in use, and not when nothing may hold it up", async () => {
    const wordsOf = async (args: Partial<RsyncPullArgs>) =>
      jobOf((await run({ nice: 15, ionice: "idle", ...args })).target)?.argv ?? [];
    const hot = await wordsOf({ phase: "hot" });
    expect(hot).toContain("--rsync-path=nice=15 ionice=idle rsync");
    expect(hot[2]).toContain("renice -n 15 -p $$; ionice -c 3 -p $$");
    expect((await wordsOf({ phase: "cold" })).join(" ")).not.toMatch(/nice/);
  });

  test("the first copy, and the walks before it, step back on old while it is in use only", async () => {
    const wordsOf = async (phase: "hot" | "cold") => {
      const { target, at } = await run({ maildir: true, phase }, {}, { unpacked: {} });
      const old = await at.peer("mail-old");
      if (!(old instanceof FakeHost)) throw new Error("no fake host");
      const scripts = old.commands.map(({ argv }) => argv[2] ?? "");
      const walks = ["ls -dn", "//mailbox"].map((word) => scripts.find((script) => script.includes(word)));
      return { walks, request: jobOf(target)?.argv.find((word) => word.startsWith("mailferry-archive ")) };
    };
    const lower = /^\{ renice -n 10 -p \$\$; ionice -c 2 -n 7 -p \$\$; \}/;
    const hot = await wordsOf("hot");
    expect(hot.walks).toEqual([expect.stringMatching(lower), expect.stringMatching(lower)]);
    expect(hot.request).toMatch(/^mailferry-archive --nice=10 --ionice=7 /);
    const cold = await wordsOf("cold");
    expect(cold.walks).toEqual([expect.not.stringMatching(/nice/), expect.not.stringMatching(/nice/)]);
    expect(cold.request).toMatch(/^mailferry-archive (?!.*nice)/);
  });

  test("a second pass that finds nothing is no change", async () => {
    const { applied } = await run({ delete: true, maildir: true }, {}, { jobs: [{ items: 0 }] });
    expect(applied?.unchanged).toBe(true);
  });

  test("what nobody touched on either side since the last pass is not copied again", async () => {
    const tree = (ctime: number) => `${ctime} 1 2 3 755 0 0 .\0mailferry: listed at 1000`;
    const times = { old: 500, new: 600 };
    const target = host("mail-new", { tree: () => tree(times.new) });
    const at = fakeContext({ peers: [host("mail-old", { tree: () => tree(times.old) }), target] });
    const pass = async (args: Partial<RsyncPullArgs> = {}) => {
      const before = target.commands.length;
      const { applied } = await runModule(rsyncPull, { ...pull, ...args }, target, at);
      const ran = target.commands.slice(before).some(({ kind }) => kind === "job");
      return ran ? "rsync ran" : applied;
    };

    expect(await pass()).toBe("rsync ran");
    expect(await pass()).toMatchObject({ unchanged: true, result: { files: 0 } });
    expect(await pass({ group: "ssl-cert" })).toBe("rsync ran");
    expect(await pass()).toBe("rsync ran");
    times.new = 700;
    expect(await pass()).toBe("rsync ran");
    times.old = 999;
    // So young that another change could bear the same time: it tells nothing.
    expect([await pass(), await pass()]).toEqual(["rsync ran", "rsync ran"]);
    times.old = 900;
    expect(await pass()).toBe("rsync ran");
    expect(await pass()).toMatchObject({ unchanged: true });
  });

  test("brings nothing with the mail that gives somebody rights on new", async () => {
    const harmless = ["--no-devices", "--chmod=Fug-s", "--filter=-x security.capability"];
    const wordsTo = ({ commands }: FakeHost) =>
      commands.find(({ kind, argv }) => kind === "job" && argv.includes("rsync"))?.argv;
    expect(wordsTo((await run({ maildir: true })).target)).toEqual(expect.arrayContaining(harmless));
    const without = await run({ maildir: true }, { rsync: version.replace("xattrs", "no xattrs") });
    expect(wordsTo(without.target)).toContain(harmless[0]);
    expect(wordsTo(without.target)).not.toContain(harmless[2]);
    expect(wordsTo((await run({})).target)).not.toContain(harmless[0]);
  });

  test("deletes late, maps owners when it is told to, and looks at them afterwards", async () => {
    const { target } = await run(
      { delete: true, owner: "vmail", group: "vmail" },
      { files: 5 },
      { files: 5 },
    );
    expect(jobOf(target)?.argv).toEqual(expect.arrayContaining(["--delete-delay", "--chown=vmail:vmail"]));
    // Of mail the job does it, since rsync would take whom access control lists name for the owner.
    const { commands } = (await run({ maildir: true, owner: "vmail", group: "vmail" })).target;
    const job = commands.find(({ kind, argv }) => kind === "job" && argv.includes("rsync"))?.argv;
    expect(job?.slice(7, 9)).toEqual(["vmail", "vmail"]);
    expect(job).toEqual(expect.arrayContaining(["--no-owner", "--no-group"]));
    const strangers = { strangers: "/var/vmail/x\n" };
    await expect(run({ owner: "vmail" }, {}, strangers)).rejects.toThrow("/var/vmail/x on mail-new does not");
    await expect(run({}, {}, strangers)).rejects.toThrow("no name for");
  });

  test.each<[string, Partial<RsyncPullArgs>, HostWords, HostWords, LatchName[], string]>([
    ["deletions after new was opened", { delete: true }, {}, {}, ["new-opened"], "new was opened"],
    [
      "deletions even if allowed",
      { delete: true, after_opening: "allow" },
      {},
      {},
      ["new-opened"],
      "new was opened",
    ],
    ["any mail after new was opened", { phase: "hot" }, {}, {}, ["new-opened"], "new was opened"],
    ["an empty source", { delete: true }, { files: 0 }, { files: 30 }, [], "looks empty"],
    ["a source that shrank", { delete: true }, { files: 900 }, { files: 1000 }, [], "holds 900 files"],
    ["what a broken way back left", {}, { room: true }, {}, [], "its messages would be doubled"],
    ["an open port", { delete: true }, { files: 1 }, { tcp: listening }, [], "listens on port 25"],
    [
      "messages of another origin",
      { delete: true, maildir: true },
      {},
      { foreign: "a/cur/1.x\0" },
      [],
      "1 messages in /var/vmail on mail-new were brought by no pass: a/cur/1.x",
    ],
    [
      "originals that are told to be a copy",
      { delete: true, maildir: true, adopt: true },
      {},
      { foreign: "a/cur/1.x\0", basis: "first", copiedFrom: "2026-11-01T02:00:00.000Z\n" },
      [],
      "mail was copied from this host since 2026-11-01",
    ],
  ])("refuses %s", async (_what, args, old, current, latches, told) => {
    await expect(run(args, old, current, { latches })).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining(told),
    });
  });

  test("never deletes on old, wherever it copies from", async () => {
    const sides = { old: ["mail-new"], new: ["mail-old"] };
    await expect(run({ delete: true }, {}, {}, { sides })).rejects.toThrow("mail-new is the old host");
    await run({}, {}, {}, { sides });
  });

  test("fills no other directory in the downtime than before", async () => {
    const frozen = { latches: ["old-frozen" as const] };
    const others = { others: "\n" };
    await expect(run({ maildir: true }, {}, others, frozen)).rejects.toThrow("before old was frozen");
    await run({ maildir: true, phase: "hot" }, {}, others, frozen);
    await run({ maildir: true }, {}, others);
  });

  test.each(["/var/vmail", "/var/vmail/a.example", "/var/vmail/a.example/john"])(
    "refuses to pull into %s once another wave opened a domain there",
    async (dest) => {
      const words = { openedRoots: ["/var/vmail/a.example"] };
      await expect(run({ dest, phase: "hot" }, {}, {}, words)).rejects.toThrow("new was opened for it");
      await run({ dest: "/var/vmail/b.example", phase: "hot" }, {}, {}, words);
    },
  );

  test("lets pass what is told to be right", async () => {
    await run({ after_opening: "allow" }, {}, {}, { latches: ["new-opened"] });
    await run({ delete: true, min_source_share: 0.9 }, { files: 900 }, { files: 1000 });
    await run({ delete: true, closed_ports: [143] }, { files: 1 }, { tcp: listening });
  });

  test("in check mode lists both trees, and does nothing", async () => {
    const target = host("mail-new", { tcp: listening, files: 1 });
    const old = host("mail-old", { files: 1 });
    const entry = (path: string): string => `${path}//f 5 1700000000 600 vmail vmail \0`;
    const listing =
      (...paths: readonly string[]): FakeCommand["answer"] =>
      ({ argv }) =>
        isSideLook(argv) ? sideOf() : paths.map(entry).join("");
    old.answer(["sh", "-c"], listing("a", "b"));
    target.answer(["sh", "-c"], listing("a", "c"));
    const at = fakeContext({ peers: [old, target], checkMode: true });
    const foreseen = await rsyncPull.check({ ...pull, delete: true }, target.reader(), at);
    expect(foreseen?.summary).toBe(
      "mail-old:/var/vmail/ copied to /var/vmail/: send 1 entries (5 bytes), remove 1 here",
    );
    expect(at.notices).toEqual([expect.stringContaining("listens on port 25")]);
    target.answer(["sh", "-c"], listing("a", "b"));
    expect(await rsyncPull.check({ ...pull, delete: true }, target.reader(), at)).toBeUndefined();
    expect(at.dataLinks).toEqual([]);
  });

  test("refuses a source that is not there, or lies on another file system than before", async () => {
    await expect(run({ src: "/srv/mail" })).rejects.toThrow("mail-old has no directory /srv/mail");
    const at = fakeContext({ peers: [host("mail-old", { mount: "/var/vmail" })] });
    await runModule(rsyncPull, pull, host("mail-new"), at);
    const peers = [host("mail-old", { mount: "/" })];
    const later = { ...at, peer: fakeContext({ peers }).peer };
    await expect(runModule(rsyncPull, pull, host("mail-new"), later)).rejects.toThrow(
      "file system at /var/vmail",
    );
  });

  test("refuses one machine with itself", async () => {
    const old = new FakeHost({ name: "mail-old", files: { "/var/vmail/x": "" } });
    const target = new FakeHost({ name: "mail-new", files: { "/var/vmail/x": "" } });
    for (const one of [old, target]) {
      one.answer(["sh", "-c"], sideOf());
    }
    const at = fakeContext({ peers: [old, target] });
    await expect(runModule(rsyncPull, pull, target, at)).rejects.toThrow("one machine");
  });

  test.each(["/", "/etc", "/home/", "/var//lib", "/var/../etc/x", "/usr/lib"])(
    "%s is bad input",
    async (dest) => {
      await expect(run({ dest })).rejects.toMatchObject({ kind: "bad-input" });
    },
  );

  test("so is a link to such a place", async () => {
    await expect(run({}, {}, { resolved: "/" })).rejects.toMatchObject({ kind: "bad-input" });
  });

  test("what went away is fine while hot and a failure when cold", async () => {
    const vanished = {
      jobs: [{ exitCode: 24, stderr: 'file has vanished: "/a"\nrsync warning\n', items: 1 }],
    };
    const { applied } = await run({ phase: "hot" }, {}, vanished);
    expect(applied?.result).toMatchObject({ vanished: 1 });
    await expect(run({}, {}, vanished)).rejects.toMatchObject({
      message: expect.stringContaining("some files went away"),
      next: expect.stringContaining("still writes"),
    });
  });

  test("other codes are failures, and never success", async () => {
    for (const exitCode of [1, 11, 23, 25, 137]) {
      const failing = run({ phase: "hot" }, {}, { jobs: [{ exitCode, stderr: "rsync: [x] failed\n" }] });
      await expect(failing).rejects.toThrow(`(exit code ${exitCode})`);
    }
    const lost = run({ attempts: 1 }, {}, { jobs: [{ exitCode: 255 }] });
    await expect(lost).rejects.toThrow("ssh failed");
  });

  test("needs an rsync on both hosts", async () => {
    const old = host("mail-old", { rsync: "" });
    const at = fakeContext({ peers: [old] });
    await expect(runModule(rsyncPull, pull, host("mail-new"), at)).rejects.toMatchObject({
      kind: "bad-input",
    });
  });

  test.each<[string, object]>([
    ["raw options", { options: "--delete" }],
    ["a relative path", { src: "vmail" }],
    ["files with delete", { files: ["a"], delete: true }],
    ["a file elsewhere", { files: ["a/b"] }],
    ["the directory above", { files: [".."] }],
    ["a rule in place of a pattern", { exclude: ["!"] }],
    ["adopt without maildir", { adopt: true }],
    ["a word for a boolean", { delete: "yes" }],
  ])("does not take %s", (_what, more) => {
    expect(refuses(rsyncPull, { ...pull, ...more })).toBeDefined();
  });
});
