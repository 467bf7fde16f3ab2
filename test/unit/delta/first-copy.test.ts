import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chownSync,
  cpSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { FakeHost } from "../../../src/modules/testing/fake-host.ts";
import { allowReading } from "./access-lists.ts";
import { MailRoot, seeded } from "./mail-root.ts";
import { twoRoots } from "./two-roots.ts";

// Real processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

/** What the jobs of a host were, in their order. */
function jobs(host: FakeHost): ("tar" | "rsync" | "delta")[] {
  return host.commands
    .filter(({ kind }) => kind === "job")
    .map(({ argv }) => {
      if (argv[2]?.includes("tar --extract") === true) return "tar";
      return argv.includes("--files-from=-") ? "delta" : "rsync";
    });
}

/** Entries that are hard to copy. */
function oddities(root: string): void {
  const folder = Buffer.from(join(root, "b.org/user/Maildir/.R\u00e4tsel\n -f/cur/"), "latin1");
  mkdirSync(folder, { recursive: true });
  const names = [
    "-rf",
    "--checkpoint-action=exec=touch x",
    "line\nbreak",
    "\u00ff\u0001 \\ *?[",
    "x".repeat(255),
  ];
  for (const name of names) {
    const path = Buffer.concat([folder, Buffer.from(name, "latin1")]);
    writeFileSync(path, name);
    utimesSync(path, 1e9 + 0.25, 1e9 + 0.25);
  }
  const maildir = join(root, "b.org/user/Maildir");
  linkSync(Buffer.concat([folder, Buffer.from("-rf")]), join(maildir, "hard link"));
  writeFileSync(join(maildir, "sparse"), "");
  truncateSync(join(maildir, "sparse"), 1 << 24);
  for (const [name, to] of [
    ["up", "../../../a.org"],
    ["away", "/nonexistent/place"],
    ["beside", "sparse"],
  ] as const) {
    symlinkSync(to, join(maildir, name));
    lutimesSync(join(maildir, name), 1e9, 1e9);
  }
}

test("an empty directory is filled by tar, as rsync would fill it", async () => {
  const { src, dest, pass, difference, current } = twoRoots("1hour");
  new MailRoot(src, seeded(11));
  oddities(src);
  const { applied } = await pass();
  expect(jobs(current)).toEqual(["tar"]);
  expect(difference()).toBe("");
  expect(applied).toMatchObject({ unchanged: false, result: { first: true, deleted: 0 } });
  expect(Number(applied?.result?.files)).toBeGreaterThan(60);
  // Whole seconds, as rsync compares them: the fraction would be a third block before each message.
  const linked = statSync(join(dest, "b.org/user/Maildir/hard link"));
  expect([linked.nlink, linked.mtimeMs]).toEqual([2, 1e12]);
  expect(statSync(join(dest, "b.org/user/Maildir/sparse")).blocks).toBeLessThan(1000);
  await pass();
  expect(jobs(current)).toEqual(["tar"]);
});

test.each([-86_400, 9e9])("rsync brings a time that a stream can't tell: %s", async (seconds) => {
  const { src, dest, pass, difference, current } = twoRoots("1hour");
  new MailRoot(src, seeded(15));
  const maildir = "b.org/user/Maildir/cur";
  mkdirSync(join(src, maildir), { recursive: true });
  writeFileSync(join(src, maildir, "1.x:2,S"), "once");
  const time = new Date(seconds * 1000);
  utimesSync(join(src, maildir, "1.x:2,S"), time, time);
  await pass();
  expect(jobs(current)).toEqual(["tar", "rsync"]);
  expect(statSync(join(dest, maildir, "1.x:2,S")).mtimeMs).toBe(seconds * 1000);
  expect(difference()).toBe("");
});

test("a stream may be packed on its way, and so may what a pass brings", async () => {
  const { src, pass, difference, current } = twoRoots("1hour");
  const root = new MailRoot(src, seeded(13));
  await pass({ compress: true });
  root.deliver();
  await pass({ compress: true });
  expect(jobs(current)).toEqual(["tar", "delta"]);
  expect(
    current.commands.flatMap(({ argv }) => argv).filter((word) => /--gzip|^--compress$/.test(word)),
  ).toHaveLength(3);
  expect(difference()).toBe("");
});

test.each([true, false])(
  "a stream is packed where it comes faster so, and so are passes behind it: %s",
  async (packs) => {
    const { src, pass, difference, current, whenUnpacking } = twoRoots("1hour");
    const root = new MailRoot(src, seeded(16));
    whenUnpacking([`case $* in *--gzip*) ${packs ? "" : "exit 1"} ;; *) ${packs ? "exit 1" : ""} ;; esac`]);
    await pass({ compress: "auto" });
    root.deliver();
    await pass({ compress: "auto" });
    expect(jobs(current)).toEqual(["tar", "delta"]);
    const words = current.commands.filter(({ kind }) => kind === "job").flatMap(({ argv }) => argv);
    expect(words.filter((word) => /^mailferry-archive.*--gzip|^--compress$/.test(word))).toHaveLength(
      packs ? 2 : 0,
    );
    expect(current.commands.filter(({ argv }) => argv[2]?.includes("rate ")).length).toBe(1);
    expect(difference()).toBe("");
  },
);

test.each([
  ["", ["tar"], (_file: string) => {}],
  [", but not with another content", ["tar", "rsync"], (file: string) => appendFileSync(file, "\n")],
  [", but no link", ["tar", "rsync"], (file: string) => linkTo(file, "/etc/skel/.profile")],
  [", but nothing beside them", ["tar", "rsync"], (file: string) => writeFileSync(`${file}-more`, "")],
])("what a new home has from /etc/skel is no hindrance%s", async (_but, done, edit) => {
  const { src, dest, pass, difference, current } = twoRoots("1hour");
  new MailRoot(src, seeded(18));
  writeFileSync(join(src, ".profile"), "old's own\n");
  cpSync("/etc/skel", dest, { recursive: true });
  edit(join(dest, ".profile"));
  await pass();
  expect(jobs(current)).toEqual(done);
  expect(difference()).toBe("");
});

/** Puts a link in the place of a file. */
function linkTo(file: string, target: string): void {
  rmSync(file);
  symlinkSync(target, file);
}

test("what was packed by order is no measure", async () => {
  const { src, pass, current, whenUnpacking } = twoRoots("1hour");
  const root = new MailRoot(src, seeded(17));
  whenUnpacking(["case $* in *--gzip*) ;; *) exit 1 ;; esac"]);
  await pass({ compress: true });
  const measures = () => current.commands.filter(({ argv }) => argv[2]?.includes("rate ")).length;
  const packed = () =>
    current.commands.filter(({ kind, argv }) => kind === "job" && argv.includes("--compress")).length;
  // A pass that goes on from another is not delayed for a measure: plain until there is one.
  root.deliver();
  await pass({ compress: "auto" });
  expect([measures(), packed()]).toEqual([0, 0]);
  root.deliver();
  await pass({ compress: "auto", full: true });
  root.deliver();
  await pass({ compress: "auto" });
  expect([measures(), packed()]).toEqual([1, 2]);
});

test("what belongs to somebody else than it should is told", async () => {
  const { src, pass } = twoRoots("1hour");
  new MailRoot(src, seeded(14));
  writeFileSync(join(src, "b.org-stranger"), "");
  chownSync(join(src, "b.org-stranger"), 54_321, 54_321);
  // The second time, too: nobody has made that user.
  for (const _time of [1, 2]) {
    await expect(pass()).rejects.toThrow(
      "b.org-stranger on new has an owner or group that this host has no name for",
    );
  }
});

test.each([true, false])("access control lists come along where there are any: %s", async (hasOne) => {
  const { src, dest, pass, difference, current } = twoRoots("1hour");
  new MailRoot(src, seeded(12));
  const folder = join(src, "b.org/user/Maildir/.Shared");
  mkdirSync(join(folder, "cur"), { recursive: true });
  writeFileSync(join(folder, "cur/1.x:2,"), "hello");
  if (hasOne) allowReading(folder, "1");
  await pass();
  expect(jobs(current)).toEqual(["tar"]);
  expect(difference()).toBe("");
  const request = current.commands.flatMap(({ argv }) =>
    argv.filter((word) => word.startsWith("mailferry-archive")),
  );
  expect(request.map((words) => words.includes("--acls"))).toEqual([hasOne]);
  const listed = execFileSync("ls", ["-dn", join(dest, "b.org/user/Maildir/.Shared/cur")], {
    encoding: "utf8",
  });
  expect(/^d[rwxst-]{9}\+/.test(listed)).toBe(hasOne);
});

test.each([21, 22])(
  "what happens while tar reads is right after the pass behind it: seed %i",
  async (seed) => {
    const { src, pass, difference, current, whenUnpacking, stream } = twoRoots("1hour");
    const root = new MailRoot(src, seeded(seed));
    const one = root.deliver() ?? "";
    const [message] = readdirSync(join(one, "new"));
    // Once before tar has come to it, once behind it; and what tar says when files change under its hands.
    whenUnpacking([
      `mv '${one}/new/${message}' '${one}/cur/${message}:2,S'`,
      `echo more >'${one}/dovecot-keywords'`,
      stream,
      `mv '${one}/cur/${message}:2,S' '${one}/cur/${message}:2,FS'`,
      `rm -rf "$(ls -d '${src}'/*/* | tail -n 1)"`,
      `mkdir -p '${src}/c.org/new one/Maildir/cur' && echo hello >'${src}/c.org/new one/Maildir/cur/1.x:2,'`,
      "exit 1",
    ]);
    await pass();
    expect(jobs(current)).toEqual(["tar", "rsync"]);
    expect(difference()).toBe("");
  },
);

/** A mail root where messages come, go and get flags while tar reads, and a control file changes; but none of the other names. */
function changingMessages() {
  const roots = twoRoots("1hour");
  const root = new MailRoot(roots.src, seeded(25));
  const [one, other] = [root.deliver(), root.deliver()] as [string, string];
  const [[message], [gone]] = [one, other].map((folder) => readdirSync(join(folder, "new"))) as [
    string[],
    string[],
  ];
  writeFileSync(join(one, "dovecot-keywords"), "0 a\n");
  roots.whenUnpacking([
    `mv '${one}/new/${message}' '${one}/cur/${message}:2,S'`,
    `echo '1 b' >>'${one}/dovecot-keywords'`,
    `echo hello >'${one}/cur/1.before:2,'`,
    roots.stream,
    `mv '${one}/cur/${message}:2,S' '${one}/cur/${message}:2,FS'`,
    `echo '2 c' >>'${one}/dovecot-keywords'`,
    `rm '${other}/new/${gone}' && echo hello >'${one}/cur/2.behind:2,'`,
    "exit 1",
  ]);
  return roots;
}

test("what becomes of messages while tar reads is all that the pass behind it brings", async () => {
  const { pass, difference, current } = changingMessages();
  await pass();
  expect(jobs(current)).toEqual(["tar", "delta"]);
  expect(difference()).toBe("");
});

test("what becomes of messages during a short copy, while old is in use, comes with the next pass", async () => {
  const { pass, difference, current } = changingMessages();
  await pass({ phase: "hot" });
  expect(jobs(current)).toEqual(["tar"]);
  expect(difference()).toContain("2.behind");
  await pass();
  expect(jobs(current)).toEqual(["tar", "delta"]);
  expect(difference()).toBe("");
});

test("a message that is moved during a short copy does not stay on new twice", async () => {
  const { src, pass, difference, current, whenUnpacking, stream } = twoRoots("1hour");
  const folder = new MailRoot(src, seeded(27)).deliver() ?? "";
  const [message] = readdirSync(join(folder, "new"));
  // What a stream holds whose tar came to cur before that, and to new behind it.
  const double = `${folder}/cur/${message}:2,S`;
  whenUnpacking([
    `cp -p '${folder}/new/${message}' '${double}'`,
    stream,
    `rm '${folder}/new/${message}'`,
    "exit 0",
  ]);
  await pass({ phase: "hot" });
  expect(jobs(current)).toEqual(["tar", "rsync"]);
  expect(difference()).toBe("");
});

test("a mailbox that comes and goes during a short copy does not stay on new", async () => {
  const { src, pass, difference, current, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(26)).deliver();
  const mailbox = join(src, "c.org/guest");
  whenUnpacking([
    `mkdir -p '${mailbox}/Maildir/cur' && echo hello >'${mailbox}/Maildir/cur/1.x:2,'`,
    stream,
    `rm -rf '${mailbox}'`,
    "exit 0",
  ]);
  await pass({ phase: "hot" });
  expect(jobs(current)).toEqual(["tar", "rsync"]);
  expect(difference()).toBe("");
});

/** How many streams were asked for at the same time. */
function streamsOf(host: FakeHost): number {
  const { argv } = host.commands.find((command) => command.argv[2]?.includes("tar --extract")) ?? {
    argv: [],
  };
  return argv[10]?.split(" ").length ?? 0;
}

/** The directories of a tree, with their times in whole seconds. */
function directoriesOf(root: string): string[] {
  const listed = execFileSync("find", [root, "-type", "d", "-printf", "%P %Ts %m\\0"], {
    encoding: "latin1",
  });
  return listed.split("\0").sort();
}

test.each([2, 3, 8])("%i streams at the same time bring what one would", async (streams) => {
  const { src, dest, pass, difference, current } = twoRoots("1hour");
  const root = new MailRoot(src, seeded(23));
  for (let count = 0; count < 40; count += 1) root.deliver();
  for (const name of ["-rf", "*", "a b", "[x]", "?\\", "#", ".dotted", "\u00ff"]) {
    const folder = Buffer.from(join(src, "c.org", name, "Maildir/cur"), "latin1");
    mkdirSync(folder, { recursive: true });
    writeFileSync(Buffer.concat([folder, Buffer.from("/1.x:2,")]), name);
  }
  mkdirSync(join(src, "c.org/empty/Maildir/tmp"), { recursive: true });
  writeFileSync(join(src, "c.org/postmaster"), "of the domain");
  symlinkSync("a b", join(src, "c.org/alias"));
  const before = directoriesOf(src);
  await pass({ streams });
  expect(streamsOf(current)).toBe(streams);
  expect(jobs(current)).toEqual(["tar"]);
  expect(difference()).toBe("");
  expect(directoriesOf(dest)).toEqual(before);
});

test("what nobody knew of when the streams were asked for comes along", async () => {
  const { src, pass, difference, current, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(24));
  const made = join(src, "c.org/made/Maildir");
  whenUnpacking([
    `mkdir -p '${made}/cur' && [ -e '${made}/cur/1.x:2,' ] || echo hello >'${made}/cur/1.x:2,'`,
    `if [ -e '${src}/a.org' ]; then mv '${src}/a.org' '${src}/z.org'; fi`,
    `exec ${stream}`,
  ]);
  await pass({ streams: 2 });
  expect(streamsOf(current)).toBe(2);
  expect(difference()).toBe("");
});

test("a link between two mailboxes is one on new, too", async () => {
  const { src, dest, pass, difference, current } = twoRoots("1hour");
  new MailRoot(src, seeded(25));
  for (const user of ["one", "two"]) mkdirSync(join(src, "c.org", user, "cur"), { recursive: true });
  writeFileSync(join(src, "c.org/one/cur/1.x:2,"), "to both");
  linkSync(join(src, "c.org/one/cur/1.x:2,"), join(src, "c.org/two/cur/2.x:2,"));
  await pass({ streams: 2 });
  expect(streamsOf(current)).toBe(1);
  expect(statSync(join(dest, "c.org/two/cur/2.x:2,")).nlink).toBe(2);
  expect(difference()).toBe("");
});

test.each([
  ["mail", "cur/1.x:2,"],
  ["an empty folder", ".Sent/cur"],
])(
  "a mailbox that somebody makes on new while streams come has old's in the end: %s",
  async (_what, name) => {
    const { src, dest, pass, difference, current, notices, whenUnpacking, stream } = twoRoots("1hour");
    new MailRoot(src, seeded(27));
    const path = join(src, "c.org/one", name);
    mkdirSync(join(path, ".."), { recursive: true });
    if (name.endsWith("cur")) mkdirSync(path);
    else writeFileSync(path, "hello");
    whenUnpacking([`mkdir -p '${dest}/c.org/one/tmp'`, `exec ${stream}`]);
    await pass({ streams: 2 });
    expect(streamsOf(current)).toBe(2);
    expect(jobs(current)).toEqual(["tar", "rsync"]);
    expect(notices).toEqual([expect.stringContaining("a mailbox was there already")]);
    expect(difference()).toBe("");
  },
);

test("mail that somebody delivers on new while streams come is not taken for old's", async () => {
  const { src, dest, pass, current, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(28));
  const folder = join(dest, "d.org/nobody/Maildir/new");
  whenUnpacking([`mkdir -p '${folder}'`, `echo hello >'${folder}/1.stranger'`, `exec ${stream}`]);
  const refusal = /^1 messages in .* were brought by no pass: .*1\.stranger$/;
  await expect(pass({ streams: 2, delete: false })).rejects.toThrow(refusal);
  expect(jobs(current)).toEqual(["tar"]);
  await expect(pass()).rejects.toThrow(refusal);
  expect(readFileSync(join(folder, "1.stranger"), "utf8")).toBe("hello\n");
});

test("rsync goes on where one of two streams broke off", async () => {
  const { src, pass, difference, current, notices, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(26));
  const first = join(mkdtempSync(join(tmpdir(), "mailferry-")), "first");
  onTestFinished(() => rmSync(join(first, ".."), { recursive: true, force: true }));
  whenUnpacking([`if mkdir '${first}'; then ${stream} | head -c 700; exit 255; fi`, `exec ${stream}`]);
  await pass({ streams: 2 });
  expect(streamsOf(current)).toBe(2);
  expect(jobs(current)).toEqual(["tar", "rsync"]);
  expect(notices).toEqual([expect.stringContaining("The tar stream from old broke off")]);
  expect(difference()).toBe("");
});

test.each([700, 20_000])("rsync goes on where a stream broke off: after %i bytes", async (bytes) => {
  const { src, pass, difference, current, notices, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(31));
  whenUnpacking([`${stream} | head -c ${bytes}`, "exit 255"]);
  const { applied } = await pass();
  expect(jobs(current)).toEqual(["tar", "rsync"]);
  expect(notices).toEqual([expect.stringContaining("The tar stream from old broke off")]);
  expect(difference()).toBe("");
  // What tar brought whole is not sent again: at least half of the bytes are headers.
  const all = execFileSync("find", [src, "-type", "f", "-printf", "."], { encoding: "utf8" }).length;
  const sent = Number(applied?.result?.files);
  if (bytes > 10_000) expect(sent).toBeLessThan(all);
  expect(sent).toBeGreaterThan(0);
  await pass();
  expect(jobs(current)).toEqual(["tar", "rsync"]);
});

test("a control file that changed behind a copy in the same second comes along all the same", async () => {
  const { src, pass, difference, current, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(33));
  const [list] = execFileSync("find", [src, "-name", "subscriptions"], { encoding: "utf8" }).split("\n");
  const rewrite = (content: string) =>
    `at=$(stat -c %Y '${list}'); printf '%s\\n' ${content} >'${list}'; touch -d "@$at" '${list}'`;
  whenUnpacking([stream, rewrite("INBOY"), "exit 255"]);
  await pass();
  expect(jobs(current)).toEqual(["tar", "rsync"]);
  expect(difference()).toBe("");

  execFileSync("sh", ["-euc", rewrite("INBOZ")]);
  const { applied } = await pass({ full: true });
  expect(applied).toMatchObject({ unchanged: false, result: { changed_entries: 1 } });
  expect(difference()).toBe("");
  expect((await pass({ full: true })).applied?.unchanged).toBe(true);
});

test("a first copy that was killed is gone on with", async () => {
  const { src, pass, difference, current, notices, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(32));
  // The job is the shell above the stream's own, which is above the one that called the link.
  whenUnpacking([
    `${stream} | head -c 20000`,
    "read -r _ _ _ own _ </proc/$PPID/stat",
    "read -r _ _ _ job _ </proc/$own/stat",
    'kill -KILL "$job"',
    "exit 255",
  ]);
  await expect(pass()).rejects.toThrow("SIGKILL");
  await pass();
  expect(jobs(current)).toEqual(["tar", "tar", "rsync"]);
  expect(notices).toEqual([expect.stringContaining("was broken off")]);
  expect(difference()).toBe("");
});

test("what streams had brought when their copy was killed is not sent again", async () => {
  const { src, pass, difference, current, whenUnpacking, stream } = twoRoots("1hour");
  new MailRoot(src, seeded(34));
  const all = execFileSync("find", [src, "-type", "f", "-printf", "."], { encoding: "utf8" }).length;
  const place = mkdtempSync(join(tmpdir(), "mailferry-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  // One stream comes whole; the other one waits for that, and then has the job killed.
  whenUnpacking([
    `if mkdir '${place}/first'; then ${stream}; touch '${place}/whole'; exit 0; fi`,
    `while [ ! -e '${place}/whole' ]; do sleep 0.01; done`,
    "read -r _ _ _ own _ </proc/$PPID/stat",
    "read -r _ _ _ job _ </proc/$own/stat",
    'kill -KILL "$job"',
    "exit 255",
  ]);
  await expect(pass({ streams: 2 })).rejects.toThrow("SIGKILL");
  const { applied } = await pass({ streams: 2 });
  expect(jobs(current)).toEqual(["tar", "tar", "rsync"]);
  expect(Number(applied?.result?.files)).toBeLessThan(all - 10);
  expect(difference()).toBe("");
});

test("what can't be a plain tar stream is left to rsync", async () => {
  for (const more of [{ bandwidth: "100m", compress: true }, { exclude: ["*.none"] }, { owner: "root" }]) {
    const { src, pass, current } = twoRoots("1hour");
    new MailRoot(src, seeded(41));
    await pass(more);
    expect(jobs(current)).toEqual(["rsync"]);
  }
  const { src, dest, pass, difference, current } = twoRoots("1hour");
  new MailRoot(src, seeded(42));
  writeFileSync(join(dest, "something"), "");
  await pass();
  expect(jobs(current)).toEqual(["tar", "rsync"]);
  expect(difference()).toBe("");
});

test("a folder with the name of a file that stays behind comes along", async () => {
  const { src, pass, difference, current } = twoRoots("1hour");
  new MailRoot(src, seeded(43));
  mkdirSync(join(src, "a.org/someone/Maildir/.my.lock/cur"), { recursive: true });
  writeFileSync(join(src, "a.org/someone/Maildir/.my.lock/cur/1.x:2,"), "hello");
  await pass();
  expect(jobs(current)).toEqual(["rsync"]);
  expect(difference()).toBe("");
});

/** A directory with one file, which nothing may touch, and what makes links to it in the name of the streams' own place. */
function streamsPlaceThatLeadsOut() {
  const outside = mkdtempSync(join(tmpdir(), "mailferry-outside-"));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  writeFileSync(join(outside, "victim"), "as it was");
  const links = (root: string): string =>
    `if mkdir '${root}/.mailferry-streams'; then for name in 1 2 3 4; do ln -s '${outside}' '${root}/.mailferry-streams/'$name; done; fi`;
  return { outside, links };
}

test.each([
  ["on old", "src", ["rsync"]],
  ["on new", "dest", ["tar", "rsync"]],
] as const)(
  "nothing is moved through a link in the name of the streams' own place: %s",
  async (_where, on, done) => {
    const { outside, links } = streamsPlaceThatLeadsOut();
    const { src, dest, pass, difference, current } = twoRoots("1hour");
    new MailRoot(src, seeded(53));
    execFileSync("sh", ["-euc", links({ src, dest }[on])]);
    await pass({ streams: 2 });
    await pass({ streams: 2, full: true });
    expect(jobs(current)).toEqual([...done, "rsync"]);
    expect(readdirSync(outside)).toEqual(["victim"]);
    expect(difference()).toBe("");
  },
);

test.each([1, 2])(
  "nothing is moved through such a link that comes up while tar reads: %i streams",
  async (streams) => {
    const { outside, links } = streamsPlaceThatLeadsOut();
    const { src, pass, difference, current, whenUnpacking, stream } = twoRoots("1hour");
    new MailRoot(src, seeded(54));
    whenUnpacking([links(src), `exec ${stream}`]);
    await pass({ streams });
    expect(streamsOf(current)).toBe(streams);
    expect(readdirSync(outside)).toEqual(["victim"]);
    expect(difference()).toBe("");
  },
);

test("no stream writes through a link that another one made", async () => {
  const place = mkdtempSync(join(tmpdir(), "mailferry-outside-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const { src, dest, pass, difference, current, whenUnpacking, state } = twoRoots("1hour");
  new MailRoot(src, seeded(52));
  for (const directory of ["outside", "link", "through/way"]) {
    mkdirSync(join(place, directory), { recursive: true });
  }
  symlinkSync(join(place, "outside"), join(place, "link/way"));
  writeFileSync(join(place, "through/way/evil"), "evil");
  // The link stands once its tar has ended.
  const streamsEnded = `find '${state}' -path '*/streams/came.*' | grep -q .`;
  whenUnpacking([
    `if mkdir '${place}/first'; then exec tar -C '${place}/link' -cf - .; fi`,
    `until ${streamsEnded}; do sleep 0.01; done`,
    `exec tar -C '${place}/through' -cf - ./way/evil`,
  ]);
  await pass({ streams: 2 });
  expect(streamsOf(current)).toBe(2);
  expect(readdirSync(join(place, "outside"))).toEqual([]);
  expect(readdirSync(dest)).not.toContain(".mailferry-streams");
  await pass({ full: true });
  expect(difference()).toBe("");
});

test("a sender with bad intent writes nowhere else and has nothing run", async () => {
  const place = mkdtempSync(join(tmpdir(), "mailferry-outside-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const [outside, made] = [join(place, "outside"), join(place, "made")];
  for (const directory of [outside, made]) mkdirSync(directory);
  writeFileSync(join(outside, "victim"), "as it was");
  const archive = join(place, "archive.tar");
  const add = (transform: string, ...names: readonly string[]): void => {
    execFileSync("tar", ["-P", "-C", made, "--transform", transform, "-rf", archive, "--", ...names]);
  };
  for (const name of ["one", "two"]) writeFileSync(join(made, name), "evil");
  add(`s|^one$|../../../../../../../../..${outside}/up|`, "one");
  add(`s|^one$|${outside}/absolute|`, "one");
  // A link out, and a file behind it.
  symlinkSync(outside, join(made, "link"));
  add("s|x|x|", "link");
  add("s|^one$|link/through|", "one");
  add("s|^one$|link|", "one");
  // A hard link to a file outside, and the same name written to.
  rmSync(join(made, "two"));
  linkSync(join(made, "one"), join(made, "two"));
  add(`s|^one$|${outside}/victim|`, "one", "two");
  add("s|^one$|two|", "one");
  writeFileSync(join(made, `--checkpoint-action=exec=touch ran`), "");
  add("s|x|x|", "--checkpoint-action=exec=touch ran");

  const { src, dest, pass, difference, whenUnpacking } = twoRoots("1hour");
  new MailRoot(src, seeded(51));
  whenUnpacking([`exec cat '${archive}'`]);
  await pass();
  expect(readdirSync(outside)).toEqual(["victim"]);
  expect(readFileSync(join(outside, "victim"), "utf8")).toBe("as it was");
  expect(readdirSync(dest)).not.toContain("ran");
  // An archive with names that lead out is a fault: rsync compares everything behind it.
  expect(difference()).toBe("");
});
