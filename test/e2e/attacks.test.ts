import { readFileSync, writeFileSync } from "node:fs";
import { chmod, chown, cp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecResult, LabHost } from "../../src/lab/lab.ts";
import { prepareRehearsal, type Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import { runCommand } from "../../src/lab/run-command.ts";
import { labName } from "./lab-name.ts";
import { type BootedLab, bootLab } from "./module-lab.ts";
import { done, ends, until } from "./rehearse.ts";

/** What a hostile host, or somebody between two hosts, comes to: each attack ends in a refusal, or does no harm. */
describe("attacked", () => {
  let booted: BootedLab;
  let rehearsal: Rehearsal;
  let before: string;
  const old = () => booted.lab.hosts.old;
  const fresh = () => booted.lab.hosts.new;

  beforeAll(async () => {
    booted = await bootLab(labName("attacks"));
    rehearsal = await booted.rehearsal("attacks");
    await runScript(old(), "make-hostile.sh");
    before = await systemOf(fresh());
  });
  afterAll(() => booted?.close());

  /** No command that stands in a name was run anywhere, and nothing was written outside of where it belongs. */
  const expectNoHarm = async () => {
    for (const host of [old(), fresh()]) {
      expect((await host.exec(["ls", "/tmp/attacked"])).exitCode).not.toBe(0);
    }
    expect(await systemOf(fresh())).toBe(before);
  };

  describe("by a host that says what it likes", () => {
    test("no control byte of it reaches the terminal, and it stays what it is wherever it goes", async () => {
      const told = [await done(rehearsal, "look"), await done(rehearsal, "look", "-vv", "--json")];
      told.push((await ends(rehearsal, "failing", 1)).stdout, await everythingKept(rehearsal));
      for (const output of told) expect(output).not.toMatch(terminalBytes);
      expect(told[0]).toContain("{{old_host}} {{quote old_host}}");
      const said = (await old().run(["cat", "/srv/hostile/says"])).replace(/\n$/, "");
      for (const file of ["/srv/said", "/srv/said-by-shell"]) {
        expect(await fresh().run(["cat", file])).toBe(said);
      }
      await expectNoHarm();
    });

    test("its endless answer is ended, on the host too", async () => {
      const { stdout } = await ends(rehearsal, "endless", 1);
      expect(stdout).toContain("the command wrote more than 16 MiB");
      expect((await old().exec(["pgrep", "-x", "yes"])).exitCode).toBe(1);
    });

    test("megabytes that its login shell says first are passed over", async () => {
      const noise =
        "head -c 20000000 /dev/zero; printf '\\033[2J{{old_host}}\\n'; head -c 2000000 /dev/zero >&2\n";
      await old().run(["sh", "-c", "cp /root/.bashrc /root/.bashrc.own; cat >/root/.bashrc"], {
        stdin: noise,
      });
      try {
        expect(await done(rehearsal, "look")).not.toMatch(terminalBytes);
      } finally {
        await old().run(["mv", "/root/.bashrc.own", "/root/.bashrc"]);
      }
    });
  });

  describe("by names and files among the mail", () => {
    test("the archive of a hostile tar writes nowhere else, and leaves nothing that gives rights", async () => {
      await withHostile(old(), "tar", async () => {
        const { stdout } = await rehearsal.stage("copy");
        expect(stdout).toContain("The tar stream from mail-old.example.org broke off");
      });
      expect(await namesBelow(fresh())).toEqual(await namesBelow(old()));
      await expectNoHarm();
    });

    test("the list of a hostile rsync names nothing outside of the mail, or the copy fails", async () => {
      await old().run(["touch", controlFile]);
      await withHostile(old(), "rsync", async () => {
        const { stdout } = await ends(rehearsal, "copy", 1, "-e", "attempts=1");
        expect(stdout).toMatch(/unsafe pathname from sender: \.\.\/\.\.\/etc\/cron\.d\/attack-by-rsync/);
      });
      await old().run(["rm", controlFile]);
      await expectNoHarm();
    });

    test("odd names are copied and proven as they are, the first time and again", async () => {
      await forget(rehearsal, fresh());
      for (const output of [await done(rehearsal, "copy"), await done(rehearsal, "copy")]) {
        expect(output).toMatch(/50 messages of 25 mailboxes are on both hosts/);
        expect(output).not.toMatch(terminalBytes);
      }
      expect(await namesBelow(fresh())).toEqual(await namesBelow(old()));
      await expectNoHarm();
    });

    test("a slash behind a directory makes no difference, the first time and again", async () => {
      await forget(rehearsal, fresh());
      for (const change of ["touch", "rm"]) {
        await done(rehearsal, "copy", "-e", "mail=/data/hostile/");
        await old().run([change, controlFile]);
      }
      await done(rehearsal, "copy", "-e", "mail=/data/hostile/");
      expect(await namesBelow(fresh())).toBe(await namesBelow(old()));
    });

    test("a source that is empty all of a sudden is refused, and the copy stays", async () => {
      const held = await namesBelow(fresh());
      await old().run(["sh", "-euc", "mv /data/hostile /data/aside; mkdir /data/hostile"]);
      try {
        expect((await ends(rehearsal, "copy", 4)).stdout).toMatch(/mail-old\.example\.org.*looks empty/s);
      } finally {
        await old().run(["sh", "-euc", "rmdir /data/hostile; mv /data/aside /data/hostile"]);
      }
      expect(await namesBelow(fresh())).toBe(held);
    });

    test("a source whose file system is not mounted is refused, whatever lies below, and the copy stays", async () => {
      const held = await namesBelow(fresh());
      // The same mail lies below the mount point: nothing looks empty.
      await old().run([
        "sh",
        "-euc",
        "cp -a /data/hostile /data/disk; mount --bind /data/disk /data/hostile",
      ]);
      // What is so young is sent once more by a pass behind the first copy, which is rsync's: that maps the names in an access
      // control list as it maps owners.
      const young = "find /data/disk -newerct '5 seconds ago' -print -quit";
      await until(async () => (await old().run(["sh", "-euc", young])) === "");
      try {
        await forget(rehearsal, fresh());
        await done(rehearsal, "copy");
      } finally {
        await old().run(["umount", "/data/hostile"]);
      }
      const { stdout } = await ends(rehearsal, "copy", 4);
      expect(stdout).toContain("lay on the file system at /data/hostile before, and now on /");
      expect(await namesBelow(fresh())).toBe(held);
      await old().run(["rm", "-r", "/data/disk"]);
      await forget(rehearsal, fresh());
      await done(rehearsal, "copy");
    });

    test.each([
      ["24, files that vanished, is fine while old is in use", 24, "hot", 0],
      ["24 is an error in the downtime", 24, "cold", 1],
      ["23, files that could not be read, is an error at any time", 23, "hot", 1],
    ])("an rsync that ends with %s", async (_what, code, phase, exitCode) => {
      await old().run(["touch", controlFile]);
      const says = code === 24 ? 'file has vanished: "/data/hostile/x"' : "rsync: Permission denied (13)";
      // But for the questions that come before a pass.
      const script = `case "$*" in *--version* | *--list-only*) ;; *) /usr/bin/rsync "$@" || exit; echo '${says}' >&2; exit ${code} ;; esac
        exec /usr/bin/rsync "$@"`;
      await withProgram(fresh(), "rsync", script, () =>
        ends(rehearsal, "copy", exitCode, "-e", "attempts=1", "-e", `phase=${phase}`),
      );
      await old().run(["rm", controlFile]);
      await done(rehearsal, "copy");
    });

    test("a control file that leads to another file is not read", async () => {
      await old().run(["ln", "-s", "../../../../../../etc/passwd", controlFile]);
      const { stdout } = await ends(rehearsal, "copy", 1);
      expect(stdout).toContain("links/Maildir/subscriptions: this link leads out of the mail root");
      expect(stdout + (await everythingKept(rehearsal))).not.toContain("/usr/sbin/nologin");
      await old().run(["rm", controlFile]);
    });

    test.each([
      ["a pass over what is there", false],
      ["the first copy", true],
    ])("%s brings no device, and no program that has rights", async (_what, first) => {
      if (first) {
        await forget(rehearsal, fresh());
        await old().run(["rm", `${rights}/disk`]);
      } else await runScript(old(), "make-rights.sh");
      const output = first ? await done(rehearsal, "copy") : (await ends(rehearsal, "copy", 5)).stdout;
      if (!first)
        expect(output).toContain("file-missing: example.org/rights example.org/rights/Maildir/disk");
      expect(await rightsBelow(old())).toEqual({ programs: 1, capable: 1, devices: first ? 0 : 1 });
      expect(await rightsBelow(fresh())).toEqual({ programs: 0, capable: 0, devices: 0 });
      await expectNoHarm();
    });

    test("rows on new that no copy brought are not copied over", async () => {
      await old().run(["mysql"], { stdin: fileOf("database.sql") });
      await fresh().run(["mysql"], {
        stdin: "CREATE DATABASE hostile; CREATE TABLE hostile.x SELECT 1 AS a;",
      });
      const { stdout } = await ends(rehearsal, "database", 4);
      expect(stdout).toContain("holds rows that Mailferry did not bring: x (1 rows)");
      expect(await fresh().run(["mysql", "-N", "-e", "SELECT a FROM hostile.x"])).toBe("1\n");
      await fresh().run(["mysql", "-e", "DROP DATABASE hostile"]);
    });

    test("rows and tables with such names are copied as they are, and UTF-8 in a table that says latin1", async () => {
      await done(rehearsal, "database");
      const stdin = fileOf("rows.sql");
      const [there, here] = await Promise.all(
        [old(), fresh()].map((host) => host.run(["mysql", "-N"], { stdin })),
      );
      expect(there?.split("\n")).toHaveLength(19);
      expect(here).toBe(there);
      await expectNoHarm();
    });

    test.each([
      ["cut short", '/usr/bin/mysqldump "$@" | head -c 3000', "is cut short"],
      ["killed", '/usr/bin/mysqldump "$@" | head -c 3000; kill -KILL $$', "ended with exit code 137"],
    ])("a dump that is %s changes nothing on new, and leaves nothing behind", async (_what, script, says) => {
      const rows = "SELECT HEX(name) FROM hostile.latin ORDER BY 1";
      const before = await fresh().run(["mysql", "-N", "-e", rows]);
      await old().run(["mysql", "hostile", "-e", `INSERT INTO latin (name) VALUES ('${says}')`]);
      await withProgram(old(), "mariadb-dump", script, async () => {
        const { stdout } = await ends(rehearsal, "database", 1);
        expect(stdout).toMatch(new RegExp(`the dump of hostile on mail-old\\S+ ${says}`));
      });
      expect(await fresh().run(["mysql", "-N", "-e", rows])).toBe(before);
      for (const host of [old(), fresh()]) {
        expect(await host.run(["find", "/var/lib/mailferry", "-path", "*dump*"])).toBe("");
        expect(await host.run(["mysql", "-N", "-e", "SHOW DATABASES LIKE '%mailferry%'"])).toBe("");
      }
      await done(rehearsal, "database");
      expect(await fresh().run(["mysql", "-N", "-e", rows])).toBe(
        await old().run(["mysql", "-N", "-e", rows]),
      );
    });

    test("users with such names are asked about, and no more", async () => {
      await fresh().run(["mysql", "mailserver"], { stdin: fileOf("users.sql") });
      await fresh().run(["sh", "-euc", makeMailbox]);
      const output = await done(rehearsal, "users");
      expect(output).not.toMatch(terminalBytes);
      expect(output).toMatch(/1 messages in 1 folders of 1 users seen by IMAP/);
      expect(output).toMatch(/knows no user .*touch/);
      await expectNoHarm();
    });
  });

  describe("by who stole the key of a data link", () => {
    let key: string;
    let stolen: Promise<ExecResult>;

    beforeAll(async () => {
      stolen = rehearsal.stage("hold");
      const find = ["sh", "-c", "cat /var/lib/mailferry/*/links/*/id_ed25519"];
      await until(async () => (await fresh().exec(["test", "-s", "/srv/held/says"])).exitCode === 0);
      key = await fresh().run(find);
      await fresh().run(["sh", "-c", "umask 077; cat >/root/stolen"], { stdin: key });
    });

    const asNew = (asked: string) => fresh().exec([...withKey("/root/stolen"), asked]);

    test("it is worth nothing at another address", async () => {
      const file = join(booted.lab.directory, "stolen");
      writeFileSync(file, key, { mode: 0o600 });
      const ssh = booted.lab.inNamespace([...withKey(file), "mailferry-archive"]);
      const { stdout, stderr, exitCode } = await runCommand(ssh, { accept: "any" });
      expect([exitCode, stdout.toString()]).toEqual([255, ""]);
      expect(stderr.toString()).toContain("Permission denied (publickey");
      // The same key and words from new: so it was the address.
      expect((await asNew("mailferry-archive")).exitCode).toBe(0);
    });

    test.each([
      "id",
      "touch /tmp/attacked",
      "rsync --server -logDtpre.iLsfxCIvu . /",
      "rsync --server --sender -logDtpre.iLsfxCIvu . /../../etc/",
      "mailferry-archive --to-command=id",
      "internal-sftp",
    ])("it does nothing else: %j", async (asked) => {
      expect(await asNew(asked)).toMatchObject({
        stdout: "",
        stderr: expect.stringMatching(/^mailferry: refused: /m),
      });
    });

    test("it opens no other way into old's network", async () => {
      const way = [...withKey("/root/stolen").slice(0, -1), "-W", "127.0.0.1:3306", "root@10.77.0.10"];
      expect((await fresh().exec(way)).stderr).toContain("administratively prohibited");
    });

    test("it is worth nothing after its expiry, and when the run has ended", async () => {
      const past = 's/expiry-time="[0-9]*"/expiry-time="20200101000000"/';
      await old().run(["sed", "-i", past, "/root/.ssh/authorized_keys"]);
      expect((await asNew("mailferry-archive")).stderr).toContain("Permission denied (publickey");
      await fresh().run(["touch", "/run/stolen"]);
      const ran = await stolen;
      expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
      expect(await old().run(["cat", "/root/.ssh/authorized_keys"])).not.toContain("mailferry:");
      expect((await asNew("mailferry-archive")).stderr).toContain("Permission denied (publickey");
      await expectNoHarm();
    });
  });

  describe("by a second controller", () => {
    const rollBack = ({ mailferry, playbook, inventory }: Rehearsal) =>
      mailferry(["rollback", playbook, "-i", inventory, "--stage", "hold"]);
    const everywhere = (argv: readonly string[]) =>
      Promise.all([old(), fresh()].map((host) => host.exec(argv)));
    const lock = ["cat", "/var/lib/mailferry/lock"];
    const goesOn = async () =>
      (await everywhere(["test", "-e", "/srv/goes-on"])).map(({ exitCode }) => exitCode === 0);

    test("that rolls back what the first one is at: it is refused, and touches nothing", async () => {
      await fresh().run(["rm", "-f", "/run/stolen"]);
      const first = rehearsal.stage("hold");
      // New's is the last that it takes.
      await until(async () => (await fresh().exec(lock)).exitCode === 0);
      const locks = await everywhere(lock);
      const [program, { playbook }] = [resolve("bin/mailferry.js"), rehearsal];
      const other = await prepareRehearsal({
        lab: booted.lab,
        program,
        playbook,
        operator: "other-operator",
      });
      for (const [controller, what] of [
        [rehearsal, "this migration"],
        [other, "mail-old.example.org"],
      ] as const) {
        const { exitCode, stdout, stderr } = await rollBack(controller);
        expect([exitCode, stdout + stderr]).toEqual([
          4,
          expect.stringMatching(
            new RegExp(`${what} is locked by .* \\(process [0-9]+, migration .*\\) since 20`),
          ),
        ]);
      }
      expect(await goesOn()).toEqual([false, false]);
      expect(await everywhere(lock)).toEqual(locks);
      await fresh().run(["touch", "/run/stolen"]);
      const ran = await first;
      expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
      expect(await rollBack(rehearsal)).toMatchObject({ exitCode: 0 });
      expect(await goesOn()).toEqual([true, true]);
    });
  });

  describe("by who stands between two hosts", () => {
    test("a new host that meets another sshd at old's address gives it nothing, and takes nothing", async () => {
      await old().run(["sh", "-c", "echo more >/srv/hostile/more"]);
      const take = "sysctl -qw net.ipv4.conf.all.arp_ignore=1; ip addr add 10.77.0.10/32 dev lo";
      await fresh().run(["sh", "-euc", take]);
      try {
        const { stdout } = await ends(rehearsal, "hold", 1);
        expect(stdout).toMatch(
          /can't read \/srv\/hostile from mail-old\.example\.org.*Host key verification failed/s,
        );
      } finally {
        await fresh().run(["ip", "addr", "del", "10.77.0.10/32", "dev", "lo"]);
      }
      expect((await fresh().exec(["ls", "/srv/held/more"])).exitCode).not.toBe(0);
      expect(await old().run(["cat", "/root/.ssh/authorized_keys"])).not.toContain("mailferry:");
    });

    test("a controller that meets another sshd at old's address, a stage later, stops before it says anything", async () => {
      await fresh().run(["rm", "/srv/said"]);
      await booted.lab.hostLink("old", "down");
      await fresh().run(["ip", "addr", "add", "10.77.0.10/24", "dev", "host0"]);
      await runCommand(booted.lab.inNamespace(["ip", "neigh", "flush", "all"]));
      try {
        const { stdout, stderr } = await ends(rehearsal, "look", 2);
        expect(stdout + stderr).toMatch(
          /mail-old\.example\.org shows another host key than .*known_hosts:[0-9]+/,
        );
        expect(stdout + stderr).toContain("Stop: someone may stand between you and the host.");
        expect((await fresh().exec(["ls", "/srv/said"])).exitCode).not.toBe(0);
      } finally {
        await fresh().run(["ip", "addr", "del", "10.77.0.10/24", "dev", "host0"]);
        await booted.lab.hostLink("old", "up");
        await runCommand(booted.lab.inNamespace(["ip", "neigh", "flush", "all"]));
      }
      await done(rehearsal, "look");
      await expectNoHarm();
    });

    test("a controller that meets another sshd at new's address, a stage later, stops before it says anything", async () => {
      await old().run(["rm", "-f", "/srv/said"]);
      await fresh().run(["rm", "-f", "/srv/said"]);
      await booted.lab.hostLink("new", "down");
      await old().run(["ip", "addr", "add", `${fresh().address}/24`, "dev", "host0"]);
      await runCommand(booted.lab.inNamespace(["ip", "neigh", "flush", "all"]));
      try {
        const { stdout, stderr } = await ends(rehearsal, "look", 2);
        expect(stdout + stderr).toMatch(
          /mail-new\.example\.org shows another host key than .*known_hosts:[0-9]+/,
        );
        expect((await old().exec(["ls", "/srv/said"])).exitCode).not.toBe(0);
      } finally {
        await old().run(["ip", "addr", "del", `${fresh().address}/24`, "dev", "host0"]);
        await booted.lab.hostLink("new", "up");
        await runCommand(booted.lab.inNamespace(["ip", "neigh", "flush", "all"]));
      }
      await done(rehearsal, "look");
    });
  });

  describe("by who changes what was kept of the migration", () => {
    const journal = () => join(rehearsal.stateDirectory, "journal.jsonl");
    /** The stage ends with these words, and did nothing on the hosts. */
    const refused = async (exitCode: number, told: RegExp, ...more: string[]) => {
      await fresh().run(["rm", "-f", "/srv/said"]);
      const { stdout, stderr } = await ends(rehearsal, "look", exitCode, ...more);
      expect(stdout + stderr).toMatch(told);
      expect(stdout + stderr).not.toMatch(terminalBytes);
      expect((await fresh().exec(["ls", "/srv/said"])).exitCode).not.toBe(0);
    };

    test("a journal with a line that somebody wrote over is not gone on from", async () => {
      const text = await readFile(journal(), "utf8");
      const [first = "", ...rest] = text.split("\n");
      await writeFile(journal(), [first.replace('"type"', '\u001b[2J"typo"'), ...rest].join("\n"));
      await refused(2, /journal\.jsonl:1: this line of the journal is damaged/);
      await writeFile(journal(), text);
      await done(rehearsal, "look");
    });

    test("a journal that leads to another file is neither read nor written", async () => {
      const aside = `${journal()}.aside`;
      await rename(journal(), aside);
      await symlink(aside, journal());
      const held = await readFile(aside, "utf8");
      await refused(2, /journal\.jsonl is a link to another file/);
      expect(await readFile(aside, "utf8")).toBe(held);
      await rename(aside, journal());
    });

    test("a state directory of somebody else, or that others can write, is not gone on from", async () => {
      await chown(rehearsal.stateDirectory, 65534, 65534);
      await refused(4, /belongs to another user/);
      await chown(rehearsal.stateDirectory, 0, 0);
      await chmod(rehearsal.stateDirectory, 0o770);
      await refused(4, /can be written by others/);
      await chmod(rehearsal.stateDirectory, 0o755);
      await done(rehearsal, "look");
      const { stdout } = await runCommand(["stat", "-c", "%a", rehearsal.stateDirectory]);
      expect(stdout.toString()).toBe("700\n");
    });

    test("a forged lock on a host holds until it is broken; one whose process is gone does not", async () => {
      const lock = "/var/lib/mailferry/lock";
      const put = (text: string) => fresh().run(["sh", "-c", `umask 077; cat >${lock}`], { stdin: text });
      const forged = {
        ...{ migration: "m", user: "\u001b[2Jroot", hostname: "{{old_host}}", machineId: "m2" },
        ...{ pid: 1, startedTicks: "1", since: "2026-01-02T03:04:05Z" },
      };
      await put(JSON.stringify(forged));
      await refused(4, /mail-new\.example\.org is locked by .*on \{\{old_host\}\} \(process 1/);
      await put("no lock at all");
      await refused(4, /mail-new\.example\.org is locked by somebody else/);
      await done(rehearsal, "look", "--break-lock");
      const machineId = readFileSync("/etc/machine-id", "utf8").trim();
      await put(JSON.stringify({ ...forged, machineId, pid: 2 ** 22 + 1 }));
      await done(rehearsal, "look");
      expect((await fresh().exec(["ls", lock])).exitCode).not.toBe(0);
    });

    test("a latch that is taken away on one side is still set, and stands on both again", async () => {
      const mark = "/var/lib/mailferry/latches/new-opened";
      const aside = `${rehearsal.stateDirectory}.aside`;
      const copyIsRefused = async () =>
        expect((await ends(rehearsal, "copy", 4)).stdout).toMatch(
          /new was opened|has been opened|new-opened/,
        );
      await done(rehearsal, "open");
      await copyIsRefused();
      await fresh().run(["rm", mark]);
      await copyIsRefused();
      await done(rehearsal, "look");
      expect((await fresh().exec(["cat", mark])).exitCode).toBe(0);
      // Another controller, or this one without its journal, has only the host's word.
      await cp(rehearsal.stateDirectory, aside, { recursive: true });
      await rm(rehearsal.stateDirectory, { recursive: true });
      await copyIsRefused();
      await rm(rehearsal.stateDirectory, { recursive: true });
      await rename(aside, rehearsal.stateDirectory);
    });
  });

  test("a host that can't be reached is named, and it ends with 3", async () => {
    const forgetNeighbours = () => runCommand(booted.lab.inNamespace(["ip", "neigh", "flush", "all"]));
    await booted.lab.hostLink("old", "down");
    await forgetNeighbours();
    try {
      const { stderr } = await ends(rehearsal, "look", 3);
      expect(stderr).toMatch(/mail-old\.example\.org: can't reach 10\.77\.0\.10, port 22/);
    } finally {
      await booted.lab.hostLink("old", "up");
      await forgetNeighbours();
    }
  });
});

/** Control bytes, the first of every escape among them, and marks that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are looked for
const terminalBytes = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const controlFile = "/data/hostile/example.org/links/Maildir/subscriptions";

const rights = "/data/hostile/example.org/rights/Maildir";

function fileOf(name: string): string {
  return readFileSync(resolve("test/e2e/attacks/files", name), "utf8");
}

/** ssh to old, as who has a key and asks for something. */
function withKey(file: string): string[] {
  const options = [
    "IdentitiesOnly=yes",
    "BatchMode=yes",
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
  ];
  return ["ssh", "-F", "none", "-i", file, ...options.flatMap((option) => ["-o", option]), "root@10.77.0.10"];
}

/** While a program of that name on the host is not what it seems. */
async function withHostile(host: LabHost, program: string, during: () => Promise<unknown>): Promise<void> {
  await withText(host, program, fileOf(`hostile-${program}.py`), during);
}

/** While a program of that name on the host is a script. */
async function withProgram(
  host: LabHost,
  program: string,
  script: string,
  during: () => Promise<unknown>,
): Promise<void> {
  await withText(host, program, `#!/bin/sh\n${script}\n`, during);
}

async function withText(
  host: LabHost,
  program: string,
  text: string,
  during: () => Promise<unknown>,
): Promise<void> {
  const path = `/usr/local/bin/${program}`;
  await host.run(["sh", "-euc", 'cat >"$1"; chmod 0755 "$1"', "sh", path], { stdin: text });
  try {
    await during();
  } finally {
    await host.run(["rm", path]);
  }
}

async function runScript(host: LabHost, name: string): Promise<void> {
  await host.run(["sh", "-s"], { stdin: fileOf(name) });
}

/** A hash over what a host consists of: whatever is written there shows. */
async function systemOf(host: LabHost): Promise<string> {
  const script = `cd /; for d in etc root home usr opt boot var/spool/cron; do
    find "$d" ! -path root/stolen ! -type d -printf '%p %y %m %U %G %s %T@ %l\\0'; done | sort -z | sha256sum`;
  return host.run(["sh", "-euc", script]);
}

/** Every entry with its kind, how many names it has, its attributes, and what it holds or leads to; and how many have holes. */
async function namesBelow(host: LabHost): Promise<string> {
  const script = `cd /data/hostile; export LC_ALL=C
    { find . -printf '%p %y %l\\0'; find . -type f -printf '%p %n\\0' -exec sha256sum -z {} +; } | sort -z | sha256sum
    tar --create --xattrs --xattrs-include=user.note -f - . | grep -ac user.note=kept
    tar --create --acls -f - . | grep -a -A 1 SCHILY.acl.access=user::rwx | grep -ac user:www-data:r-x
    find . -name hole -size +7M -printf '%S\\n' | grep -c '^0\\.0'`;
  return host.run(["sh", "-euc", script]);
}

/** How many entries would give somebody rights. */
async function rightsBelow(host: LabHost) {
  const script = `cd /data/hostile
    find . -type f -perm /6000 -printf . | wc -c
    tar --create --xattrs --xattrs-include=security.capability -f - . | grep -ac security.capability || :
    find . \\( -type b -o -type c \\) -printf . | wc -c`;
  const [programs, capable, devices] = (await host.run(["sh", "-euc", script]))
    .trim()
    .split("\n")
    .map(Number);
  return { programs, capable, devices };
}

/** What was copied is gone on new, and no controller knows of it. */
async function forget({ stateDirectory }: Rehearsal, host: LabHost): Promise<void> {
  await host.run(["rm", "-r", "/data/hostile"]);
  await rm(stateDirectory, { recursive: true });
}

/** A message for a user whose name looks like an option. */
const makeMailbox = `cd /var/vmail && mkdir -p example.org && cd example.org
  for part in cur new tmp; do mkdir -p ./-Atouch/Maildir/$part; done
  printf 'Subject: x\\n\\nx\\n' >./-Atouch/Maildir/cur/1700000001.M1P1.host:2,
  chown -R vmail: /var/vmail`;

/** All files of the state directory, as one text. */
async function everythingKept({ stateDirectory }: Rehearsal): Promise<string> {
  const entries = await readdir(stateDirectory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
}
