import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { LabHost } from "../../src/lab/lab.ts";
import { finish } from "../../src/lab/rehearsal/rehearsal.ts";
import { runCommand } from "../../src/lab/run-command.ts";
import { startSender } from "../../src/lab/sender/start.ts";
import { csvRows } from "../../src/mail/csv.ts";
import { hostState } from "./host-state.ts";
import { killTree, signalTree } from "./kill-tree.ts";
import { labName } from "./lab-name.ts";
import { changeByImap, inLab, listUidls, readFolder, sendMail } from "./mail-client.ts";
import { mailDifference } from "./mail-difference.ts";
import { done, ends, type Stage, setTheStage, until } from "./rehearse.ts";
import { readRunFile, readRunLines } from "./run-file.ts";
import {
  beginStory,
  testAccount,
  testCheckMode,
  testFinish,
  testHotCopy,
  testKilledCutover,
  testPreflight,
  testPrepare,
  testVerify,
} from "./story.ts";
import { troubles, withTroubles } from "./troubles.ts";

/** The whole migration on real hosts, with mail flowing, a killed controller, and every wrong turn on the way. */
describe("Bullseye to Trixie", () => {
  const story = beginStory({
    setStage: async () => {
      const variables = { maildir_hash: "new", preflight_outbound_host: "10.77.0.10" };
      const stage = await setTheStage(labName("migration"), variables);
      // Redis keeps append-only files, which win over a dump; and new's has data of its own.
      for (const host of [stage.lab.hosts.old, stage.lab.hosts.new]) {
        for (const words of ["config set appendonly yes", "config rewrite", `set whose ${host.role}`])
          await host.run(["redis-cli", ...words.split(" ")]);
      }
      return stage;
    },
    says: {
      preflight: [
        /password schemes/,
        /planned {2}mail\.example\.org A: 10\.77\.0\.10; leads to old: 10\.77\.0\.20; TTL 86400 s/,
        /planned {2}example\.org TXT: v=spf1 .*; does not allow new: add ip4:10\.77\.0\.20/,
        /ok {7}_imaps\._tcp\.example\.org SRV/,
      ],
      verify: [
        / [0-9]+ messages since [0-9TZ:-]+: [0-9]+ delivered/,
        /[1-9][0-9]* messages of [0-9]+ users known by POP3/,
        /that are not what they were on old: 1\. quota-differs: \S+ STORAGE \(old: .* of 512000 KiB used, new: .* of 1024000 KiB used\)/,
        /port 993 10\.77\.0\.1, once, last 20/,
      ],
    },
    inFreeze: async ({ lab }) => {
      await lab.hosts.old.run(["sendmail", "-f", "postmaster@example.org", "john@example.org"], {
        stdin: "Message-ID: <in-the-freeze@example.org>\nSubject: from old itself\n\nhello\n",
      });
      const hash = await lab.hosts.old.run(["doveadm", "pw", "-s", "SHA512-CRYPT", "-p", "summersun"]);
      const latePassword = `UPDATE virtual_users SET password = '${hash.trim()}' WHERE email = 'john@example.org';`;
      await lab.hosts.old.run(["mysql", "mailserver"], { stdin: `${lateAlias}\n${latePassword}` });
      // Something starts Postfix again and again; it fails until old relays.
      const timer = ["--unit=starts-postfix", "--on-active=0", "--on-unit-inactive=1s"];
      await lab.hosts.old.run([
        "systemd-run",
        ...timer,
        "--timer-property=AccuracySec=1us",
        "systemctl",
        "start",
        "postfix",
      ]);
      await until(
        async () => (await lab.hosts.old.exec(["systemctl", "is-failed", "starts-postfix"])).exitCode === 0,
      );
      expect((await lab.hosts.old.exec(["systemctl", "is-active", "postfix"])).stdout).toBe("inactive\n");
    },
  });

  let known: readonly string[] = [];
  let before: readonly string[] = [];
  let flagged = 0;
  let altered = "";
  const popUser = () => {
    const user = story.stage().manifest.users.find(({ delivered }) => delivered.length > 1);
    if (user === undefined) throw new Error("nobody has mail");
    return user;
  };
  const uidlsOn = async (host: string) => {
    const { address, password } = popUser();
    const { uidls, response } = await listUidls(story.stage().lab, { host, user: address, pass: password });
    if (uidls === undefined) throw new Error(`${address} on ${host}: ${response}`);
    return uidls;
  };

  const comeToOld = () => {
    const { address, password } = popUser();
    const { lab } = story.stage();
    return readFolder(lab, { host: lab.hosts.old.address, user: address, pass: password });
  };

  const mailToNobody = async () => {
    const { lab } = story.stage();
    const letter = { from: "somebody@example.com", to: "nobody-at-all@example.org", subject: "to nobody" };
    return sendMail(lab, { host: lab.hosts.new.address, ...letter });
  };

  test("init looks at both hosts, and what it writes passes check and preflight", async () => {
    const { rehearsal, lab } = story.stage();
    const states = () => Promise.all([hostState(lab.hosts.old), hostState(lab.hosts.new)]);
    const before = await states();
    const { keyFile, knownHostsFile } = lab.files;
    const login = [
      "user=root",
      `key_file=${keyFile}`,
      `known_hosts_file=${knownHostsFile}`,
      "ssh_config_file=none",
    ];
    const ways = login.flatMap((word) => ["-e", word]);
    const [old, fresh] = [lab.hosts.old.name, lab.hosts.new.name];
    const looked = await rehearsal.mailferry(["init", old, fresh, "-o", "found", ...ways]);
    expect(looked, looked.stdout + looked.stderr).toMatchObject({ exitCode: 0 });
    expect(looked.stdout).toContain("The playbook bullseye-to-trixie fits:");
    expect(looked.stdout).toMatch(
      /mailboxes {3}Maildir\+\+ below \/var\/vmail, separator "\.", owned by vmail/,
    );
    expect(await states()).toEqual(before);

    const found = ["bullseye-to-trixie", "-i", "found/inventory.yml"];
    const checked = await rehearsal.mailferry(["check", ...found]);
    expect(checked, checked.stdout + checked.stderr).toMatchObject({ exitCode: 0, stderr: "" });
    const preflight = await rehearsal.mailferry([
      "run",
      ...found,
      "--state-dir",
      "found/state",
      "--stage",
      "preflight",
    ]);
    expect(preflight, preflight.stdout + preflight.stderr).toMatchObject({ exitCode: 0 });
    expect(preflight.stdout).not.toMatch(/^\s*stop {5}/m);
  });

  testCheckMode(story);

  testPreflight(story);

  test("preflight stops where POP3 clients would load all their mail again", async () => {
    const { rehearsal, lab } = story.stage();
    const settings = "/etc/dovecot/conf.d/99-uidl.conf";
    await lab.hosts.new.run(["tee", settings], { stdin: "pop3_uidl_format = %{uidvalidity}.%{uid}\n" });
    const words = ["run", resolve("test/e2e/pop3-layout.yml"), "-i", rehearsal.inventory];
    const ran = await rehearsal.mailferry(words);
    await lab.hosts.new.run(["rm", settings]);
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 4 });
    expect(ran.stdout).toMatch(
      /stop {5}POP3 clients .*: %\{uid\|hex\(8\)\}%\{uidvalidity\|hex\(8\)\} on old, %\{uidvalidity\}\.%\{uid\} on new/,
    );
  });

  test("a POP3 client has mail of old, a message under the id of a server before it", async () => {
    const { lab } = story.stage();
    const { address } = popUser();
    const [name, domain] = address.split("@");
    const list = `/var/vmail/${domain}/${name}/Maildir/dovecot-uidlist`;
    await lab.hosts.old.run(["sed", "-i", "2s/ :/ Pbefore-dovecot :/", list]);
    known = await uidlsOn(lab.hosts.old.address);
    expect(known).toContain("before-dovecot");
    expect(known.length).toBeGreaterThan(1);
  });

  test("preflight stops at whatever would stop the cutover, or spoil it, and tells of all of it at once", async () => {
    await withTroubles(story.stage(), async () => {
      const { stdout } = await ends(await story.stage().otherOperator(), "preflight", 4);
      for (const { row } of troubles) expect(stdout).toMatch(row);
    });
    await done(await story.stage().otherOperator(), "preflight");
  });

  test("a state directory that is full, or read-only, ends a run before anything is touched", async () => {
    const { rehearsal } = story.stage();
    const small = join(rehearsal.directory, "small");
    const words = [
      "run",
      "bullseye-to-trixie",
      "-i",
      rehearsal.inventory,
      "--state-dir",
      small,
      "--stage",
      "preflight",
    ];
    await mkdir(small);
    await runCommand(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "mailferry-small", small]);
    try {
      await runCommand(["dd", "if=/dev/zero", `of=${join(small, "filler")}`], { accept: "any" });
      const full = await rehearsal.mailferry(words);
      expect(full, full.stdout + full.stderr).toMatchObject({ exitCode: 2, stdout: "" });
      expect(full.stderr).toContain("no room for the state of the migration");
      await runCommand(["mount", "-o", "remount,ro", small]);
      const readOnly = await rehearsal.mailferry(words);
      expect(readOnly, readOnly.stdout + readOnly.stderr).toMatchObject({ exitCode: 2, stdout: "" });
      expect(readOnly.stderr).toContain("the file system is read-only");
    } finally {
      await runCommand(["umount", small]);
    }
  });

  testPrepare(story);

  test("a cutover before the copy is refused, and finish before verify, and the stage to run is named", async () => {
    for (const [name, first] of [
      ["cutover", "hot-copy"],
      ["finish", "verify"],
    ] as const) {
      const { stdout, stderr } = await ends(story.stage().rehearsal, name, 4);
      expect(stdout + stderr).toContain(`--stage ${first}`);
    }
  });

  test("the TTLs are low from prepare on", async () => {
    const watched = [
      ...["example.org MX", "autoconfig.example.org CNAME", "_imaps._tcp.example.org SRV"],
      "example.org CAA",
    ];
    for (const record of watched) {
      const [answer = ""] = (
        await inLab(story.stage().lab, ["dig", "+noall", "+answer", ...record.split(" ")])
      ).split("\n");
      expect({ record, ttl: answer.split(/\s+/)[1] }).toEqual({ record, ttl: "60" });
    }
  });

  const arrived = async () => {
    const messages = "find /var/vmail -type f \\( -path '*/cur/*' -o -path '*/new/*' \\) -printf '%i %P\\n'";
    return (await story.stage().lab.hosts.new.run(["sh", "-c", messages])).trimEnd().split("\n");
  };

  test("a hot copy is paused by Ctrl-C, twice: nothing goes on with it on the hosts, and what came stays", async () => {
    const { rehearsal, lab } = story.stage();
    const child = rehearsal.start(runOf("hot-copy", rehearsal, "-e", "maildir_bandwidth=200k", "--json"));
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => said.push(String(chunk)));
    const ended = finish(child);
    // Which mailbox rsync is at is told from the first second on.
    await until(() => /"text":"example\.(org|net)\/[a-z]+"/.test(said.join("")));
    signalTree(child.pid, "SIGINT");
    await until(() => said.join("").includes("Finishing the task under way"));
    signalTree(child.pid, "SIGINT");
    expect((await ended).exitCode, said.join("")).toBe(130);
    expect(said.join("")).toMatch(/the job rsync-\S+ was ended where it was: the next run does what is left/);
    for (const host of [lab.hosts.old, lab.hosts.new]) {
      await until(async () => (await host.exec(["pgrep", "-x", "rsync"])).exitCode === 1);
    }
    expect((await rehearsal.readState()).openJobs).toEqual({});
    before = await arrived();
    expect(before.length).toBeGreaterThan(1);
  });

  test("a hot copy whose controller is killed leaves rsync at work, and the next run waits for it", async () => {
    const { rehearsal, lab } = story.stage();
    const atWork = async () => (await lab.hosts.new.exec(["pgrep", "-f", "--", "--bwlimit="])).exitCode === 0;
    const stepsBack = async (host: LabHost, words: RegExp) =>
      words.test((await host.exec(["ps", "-eo", "ni,args"])).stdout);
    const child = rehearsal.start(runOf("hot-copy", rehearsal, "-e", "maildir_bandwidth=1m"));
    const ended = finish(child);
    await until(() => stepsBack(lab.hosts.old, /^ *10 rsync --server --sender /m));
    expect(await stepsBack(lab.hosts.new, /^ *10 rsync .*--bwlimit=/m)).toBe(true);
    killTree(child.pid);
    await ended;
    expect(Object.values((await rehearsal.readState()).openJobs)).toEqual([expect.stringMatching(/^rsync-/)]);
    expect(await atWork()).toBe(true);

    const resumed = await done(rehearsal, "hot-copy");
    expect(resumed).toMatch(/waiting for the job rsync-.* that an earlier run left at work/);
    expect(await atWork()).toBe(false);
    expect((await rehearsal.readState()).openJobs).toEqual({});
    const now = await arrived();
    expect(now.length).toBeGreaterThan(before.length);
    expect(now).toEqual(expect.arrayContaining([...before]));
  });

  test("a mailbox of old that lies elsewhere, behind a link, is refused", async () => {
    const { rehearsal, lab } = story.stage();
    const link = "/var/vmail/example.org/elsewhere";
    await lab.hosts.old.run([
      "sh",
      "-euc",
      `mkdir -p /srv/elsewhere/Maildir/cur && ln -s /srv/elsewhere ${link}`,
    ]);
    const words = ["run", resolve("test/e2e/copy-again.yml"), "-i", rehearsal.inventory, "--stage", "hot"];
    const ran = await rehearsal
      .mailferry(words)
      .finally(() => lab.hosts.old.run(["rm", "-r", link, "/srv/elsewhere"]));
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 1 });
    expect(ran.stdout).toMatch(/^FAILED .*No mailbox of old lies elsewhere, behind a link$/m);
    expect(ran.stdout).toContain(`would stay behind: ["${link}"]`);
  });

  const onOld = async (what: "fill" | "work" | "clear") => {
    const { address, password } = popUser();
    const { lab } = story.stage();
    return changeByImap(lab, { host: lab.hosts.old.address, user: address, pass: password, what });
  };

  test("a user on old makes folders", async () => {
    expect(await onOld("fill")).toMatchObject({ Tried: 12, "Tried too": 2, Rätsel: 3 });
  });

  testHotCopy(story);

  test("behind what users do by IMAP a pass leaves nothing for rsync", async () => {
    const { rehearsal, lab } = story.stage();
    const { pid } = await story.traffic();
    process.kill(pid, "SIGSTOP");
    try {
      await until(async () => (await lab.hosts.old.run(["postqueue", "-p"])).includes("queue is empty"));
      expect(await onOld("work")).toMatchObject({ Tried: 8, Renamed: 6, "Come since": 1 });
      expect(await mailDifference(lab, "/var/vmail")).not.toEqual([]);
      // Dovecot writes lists of UIDs anew when somebody looks into a folder: not behind the pass.
      await done(rehearsal, "hot-copy", "-e", "maildir_imap_old=false");
      expect(await mailDifference(lab, "/var/vmail")).toEqual([]);
      await onOld("clear");
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });

  test("what old's filter learned outlives a restart of new's Redis, which has an append-only file", async () => {
    const { new: fresh } = story.stage().lab.hosts;
    await fresh.run(["systemctl", "restart", "redis-server"]);
    const whose = async () => (await fresh.exec(["redis-cli", "get", "whose"])).stdout;
    // While it reads its file it says LOADING.
    await until(async () => /^(|old|new)\n/.test(await whose()));
    expect(await whose()).toBe("old\n");
  });

  test("old bears a mark, and an inventory with old and new the wrong way round, or one machine twice, is refused", async () => {
    const { rehearsal } = story.stage();
    const copyBy = async (change: (groups: Groups) => unknown) => {
      const file = join(rehearsal.directory, "wrong.yml");
      const inventory = parse(await readFile(rehearsal.inventory, "utf8"));
      const { old, new: fresh } = inventory.all.children as Groups;
      Object.assign(inventory.all.children, change({ old, new: fresh }));
      await writeFile(file, stringify(inventory), { mode: 0o600 });
      return rehearsal.mailferry(["run", resolve("test/e2e/copy-again.yml"), "-i", file, "--stage", "bare"]);
    };
    const swapped = await copyBy(({ old, new: fresh }) => ({ old: fresh, new: old }));
    expect(swapped, swapped.stdout + swapped.stderr).toMatchObject({ exitCode: 4 });
    expect(swapped.stdout + swapped.stderr).toMatch(
      /on mail-old\.example\.org are no copy: mail was copied from/,
    );

    const twice = await copyBy(() => ({
      new: { hosts: { "mail-new.example.org": { address: "fd77::10" } } },
    }));
    expect(twice, twice.stdout + twice.stderr).toMatchObject({ exitCode: 2 });
    expect(twice.stdout + twice.stderr).toMatch(/mail-old\S+ and mail-new\S+ are one machine/);
  });

  test("a cutover while caches may hold the old TTL is refused to who wants to wait, and touches nothing", async () => {
    const { rehearsal } = story.stage();
    const ran = await ends(rehearsal, "cutover", 1, "--on-failure", "stop", "-e", "dns_wait_for_ttl=true");
    expect(ran.stdout).toMatch(/Caches may still hold the records with their old TTL until 20\d\d-/);
    expect((await rehearsal.readState()).latches).toEqual({});
  });

  test("somebody flags mail behind the last hot copy", async () => {
    const { old } = story.stage().lab.hosts;
    await until(async () => (await old.run(["doveadm", "search", ...newInbox])) !== "");
    await old.run(["doveadm", "flags", "add", ...newInbox.slice(0, 2), "\\Flagged", ...newInbox.slice(2)]);
    flagged = countLines(await old.run(["doveadm", "search", ...newInbox, "flagged"]));
  });

  test("a cutover that may take longer than it is allowed to is refused, and touches nothing", async () => {
    const { rehearsal, lab } = story.stage();
    const ran = await ends(rehearsal, "cutover", 4, "--max-downtime", "1s");
    expect(ran.stdout).toMatch(/^Downtime: about .*, at most /m);
    expect(ran.stderr).toContain("--max-downtime allows 1 s; nothing was touched");
    expect((await rehearsal.readState()).latches).toEqual({});
    expect((await lab.hosts.old.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
  });

  test("a cutover over a part of the mail is refused while old still serves", async () => {
    const part = ["-e", "vmail_directory=/var/vmail/example.net"];
    const { rehearsal } = story.stage();
    const ran = await ends(rehearsal, "cutover", 4, "--on-failure", "stop", ...part);
    expect(ran.stdout).toContain("lies outside of /var/vmail/example.net and would stay behind");
    expect((await rehearsal.readState()).latches).toEqual({});
  });

  // As a failing disk or a program would; passes go by size and time, and the proof by the hash of the hot copy.
  test("a message of new is altered in place, under its name, with its size and its time", async () => {
    const { new: fresh } = story.stage().lab.hosts;
    const script = `find /var/vmail -path '*/Maildir/cur/*' -type f -size +100c | LC_ALL=C sort | head -n 1`;
    altered = (await fresh.run(["sh", "-euc", script])).trimEnd();
    const alter =
      'cp -p "$1" /root/whole && printf X | dd of="$1" bs=1 seek=60 conv=notrunc && touch -r /root/whole "$1"';
    await fresh.run(["sh", "-euc", alter, "sh", altered]);
  });

  testKilledCutover(story);

  test("what was flagged behind the hot copy is flagged on new, and each message is there once", async () => {
    const { new: fresh } = story.stage().lab.hosts;
    expect(flagged).toBeGreaterThan(0);
    expect(countLines(await fresh.run(["doveadm", "search", ...newInbox, "flagged"]))).toBe(flagged);
    const names =
      "find /var/vmail/*/*/Maildir -path '*/cur/*' -printf '%P\\n' -o -path '*/new/*' -printf '%P\\n'";
    const twice = `${names} | sed 's#\\(cur\\|new\\)/\\([^:]*\\).*#\\2#' | sort | uniq -d`;
    expect(await fresh.run(["sh", "-euc", twice])).toBe("");
  });

  test("what a program on old sent in the freeze, and who edited its database then, comes to new", async () => {
    const fresh = story.stage().lab.hosts.new;
    const search = ["doveadm", "search", "-u", "john@example.org", "header", "Message-ID", "in-the-freeze"];
    await until(async () => (await fresh.exec(search)).stdout !== "");
    const aliases = ["mysql", "-N", "-e", "SELECT source, destination FROM virtual_aliases", "mailserver"];
    expect(await fresh.run(aliases)).toContain("late@example.org\tjohn@example.org\n");
    const password = "SELECT password FROM virtual_users WHERE email = 'john@example.org'";
    expect(await fresh.run(["mysql", "-N", "-e", password, "mailserver"])).toMatch(/^\{SHA512-CRYPT\}/);
  });

  test("a timer that starts old's Postfix all the time starts nothing in the freeze", async () => {
    const { old } = story.stage().lab.hosts;
    const told = await old.run(["journalctl", "-u", "starts-postfix", "-o", "cat"]);
    expect(told.match(/postfix\.service is masked/g)?.length).toBeGreaterThan(1);
    await old.run(["systemctl", "stop", "starts-postfix.timer"]);
  });

  test("the proof in the downtime hashed only what came since the hot copy, on both hosts", async () => {
    const { rehearsal, lab } = story.stage();
    const [head] = await readRunLines(rehearsal, "proof.jsonl");
    const since = expect.stringMatching(/^20[0-9-]+T/);
    expect(head).toMatchObject({
      old: { host: lab.hosts.old.name, hash: expect.not.stringMatching(/^none$/), hashesSince: since },
      new: { host: lab.hosts.new.name, hashesSince: since },
    });
  });

  const proofAgain = (name: string) => {
    const { rehearsal } = story.stage();
    return rehearsal.mailferry(["proof", "bullseye-to-trixie", "-i", rehearsal.inventory, "--name", name]);
  };

  test("the proof of the downtime comes out the same again, and its tables have a row for each mailbox", async () => {
    const { rehearsal, lab } = story.stage();
    const again = await proofAgain("proof");
    expect(again, again.stdout + again.stderr).toMatchObject({ exitCode: 0 });
    expect(again.stdout).toContain("Checked again from both ledgers: ");
    const lines = await readRunLines(rehearsal, "proof.jsonl");
    const mailboxes = lines.flatMap(({ type, mailbox }) => (type === "mailbox" ? [mailbox] : []));
    expect(mailboxes.length).toBeGreaterThan(8);
    const [columns = [], ...rows] = csvRows(await readRunFile(rehearsal, "proof.csv"));
    expect(rows.map(([mailbox, verdict]) => [mailbox, verdict])).toEqual(
      [...mailboxes, "total"].map((mailbox) => [mailbox, "same"]),
    );
    // Names are bytes, which find otherwise wants to be text.
    const messages = "-type f ( -path */Maildir/*cur/* -o -path */Maildir/*new/* ) -printf .";
    const held = (await lab.hosts.old.run(["env", "LC_ALL=C", "find", "/var/vmail", ...messages.split(" ")]))
      .length;
    expect(rows.at(-1)?.[columns.indexOf("on-both")]).toBe(String(held));
    expect(csvRows(await readRunFile(rehearsal, "proof-exceptions.csv"))).toHaveLength(1);
  });

  test("every user has the quota of old, as IMAP shows it", async () => {
    const { rehearsal, lab, manifest } = story.stage();
    const seen = await readRunLines(rehearsal, "imap-proof-opening.jsonl");
    const limits = new Map(seen.map(({ type, mailbox, limits }) => [type === "quota" && mailbox, limits]));
    for (const { address, quota } of manifest.users.filter(({ kind }) => kind === "rich")) {
      const storage = { resource: "STORAGE", limit: Math.ceil(quota / 1024) };
      expect(limits.get(address), address).toMatchObject(quota === 0 ? [] : [storage]);
    }
    expect(seen.filter(({ difference }) => difference === "quota-differs")).toEqual([]);
    // What somebody changes on new is told by verify.
    const [limited] = manifest.users.filter(({ quota }) => quota === 524_288_000);
    const twice = `UPDATE virtual_users SET quota = 2 * quota WHERE email = '${limited?.address}'`;
    await lab.hosts.new.run(["mysql", "mailserver"], { stdin: twice });
  });

  test("a copy over the new mail is refused, also to an operator who never saw the opening", async () => {
    const { rehearsal, lab, otherOperator } = story.stage();
    const fresh = lab.hosts.new;
    await fresh.run(["sendmail", "-f", "postmaster@example.org", "john@example.org"], {
      stdin: "Message-ID: <keep-me@example.org>\nSubject: keep me\n\nkeep me\n",
    });
    const delivered = async () =>
      (await fresh.exec(["doveadm", "search", "-u", "john@example.org", "header", "Message-ID", "keep-me"]))
        .stdout;
    await until(async () => (await delivered()) !== "");

    await ends(rehearsal, "hot-copy", 4);
    const other = await otherOperator();
    await other.stage("preflight");
    await other.stage("prepare");
    await ends(other, "hot-copy", 4);
    // The stage's first role refuses. The mailboxes' own guard has to do so too, hot and cold.
    for (const operator of [rehearsal, other]) {
      for (const phase of ["hot", "cold"]) {
        const words = ["run", resolve("test/e2e/copy-again.yml"), "-i", operator.inventory, "--stage", phase];
        const ran = await operator.mailferry(words);
        expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 4 });
      }
    }
    expect(await delivered()).not.toBe("");
  });

  const rollbackIsRefused = async () => {
    const { rehearsal } = story.stage();
    const words = ["rollback", "bullseye-to-trixie", "-i", rehearsal.inventory, "--stage", "cutover"];
    const ran = await rehearsal.mailferry(words);
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 4 });
    expect(ran.stdout + ran.stderr).toContain("new server has been opened");
  };

  test("a rollback is refused after the opening", rollbackIsRefused);

  test("a mail program that still has old's name is turned away", async () => {
    expect((await comeToOld()).loggedIn).toBe(false);
  });

  test("verify names the message that was altered in place, and hashes anew once it is mended", async () => {
    const { rehearsal, lab } = story.stage();
    const words = ["status", "bullseye-to-trixie", "-i", rehearsal.inventory];
    expect(
      (await rehearsal.mailferry(words)).stdout.match(/messages: (are being|were) hashed/g),
    ).toHaveLength(2);
    const [, mailbox, name] = /^\/var\/vmail\/(.*)\/Maildir\/cur\/(.*):2,[^/]*$/.exec(altered) ?? [];
    const fresh = lab.hosts.new;
    // What users do since is no fault.
    await fresh.run(["doveadm", "flags", "add", ...newInbox.slice(0, 2), "\\Answered", ...newInbox.slice(2)]);
    const { stdout, stderr } = await ends(rehearsal, "verify", 5);
    expect(stdout + stderr).toContain(`altered: ${mailbox} INBOX ${name} `);
    const [head, ...lines] = await readRunLines(rehearsal, "proof-contents.jsonl");
    expect(head).not.toHaveProperty("new.hashesSince");
    expect(lines.at(-1)).toMatchObject({ type: "total", altered: 1, missing: 0 });
    await fresh.run([
      "sh",
      "-euc",
      'dd if=/root/whole of="$(echo "$1":2,*)" conv=notrunc',
      "sh",
      altered.replace(/:2,[^/]*$/, ""),
    ]);
  });

  testVerify(story);

  test("the proof of verify has a row for each message that came since, and comes out the same again", async () => {
    const { rehearsal } = story.stage();
    const again = await proofAgain("proof-after");
    expect(again, again.stdout + again.stderr).toMatchObject({ exitCode: 0 });
    const lines = await readRunLines(rehearsal, "proof-after.jsonl");
    const [, ...rows] = csvRows(await readRunFile(rehearsal, "proof-after-exceptions.csv"));
    expect(rows).toHaveLength(lines.filter(({ type }) => type === "exception").length);
    const kept = ["extra", "example.org/john", "arrived", "<keep-me@example.org>"];
    expect(rows).toContainEqual(expect.arrayContaining(kept));
  });

  test("a POP3 client finds on new each message that it has from old", async () => {
    expect(await uidlsOn(story.stage().lab.hosts.new.address)).toEqual(expect.arrayContaining([...known]));
  });

  test("users log in on new with their passwords, one of each scheme", async () => {
    const { lab, manifest } = story.stage();
    const first =
      "SELECT MIN(email) FROM virtual_users WHERE email IN (%) GROUP BY SUBSTRING_INDEX(password, '}', 1)";
    const seeded = manifest.users.map(({ address }) => `'${address}'`).join(", ");
    const query = ["mysql", "-N", "-e", first.replace("%", seeded), "mailserver"];
    const chosen = (await lab.hosts.new.run(query)).trim().split("\n");
    expect(chosen.length).toBeGreaterThan(3);
    const logins = manifest.users.filter(({ address }) => chosen.includes(address));
    const host = lab.hosts.new.address;
    const inboxes = logins.map(({ address, password }) =>
      listUidls(lab, { host, user: address, pass: password }),
    );
    for (const inbox of await Promise.all(inboxes)) expect(inbox).toMatchObject({ loggedIn: true });
  });

  test("a user's vacation script answers on new", async () => {
    const { lab, manifest } = story.stage();
    const [away] = manifest.users;
    const letter = { from: "jane@example.net", to: away?.address ?? "", subject: "are you there" };
    expect(await sendMail(lab, { host: lab.hosts.new.address, ...letter })).toMatchObject({ accepted: true });
    const answer = ["search", "-u", "jane@example.net", "mailbox", "*", "subject", "Bin verreist"];
    await until(async () => (await lab.hosts.new.exec(["doveadm", ...answer])).stdout !== "");
  });

  test("who keeps to old's address is delivered to new, and status names them", async () => {
    const { rehearsal, lab } = story.stage();
    const sender = await startSender(
      {
        run: "pinned",
        recipients: [{ address: "john@example.org", finals: ["john@example.org"] }],
        route: { mode: "pinned", address: lab.hosts.old.address },
      },
      { directory: rehearsal.directory, inNamespace: lab.inNamespace },
    );
    await until(() => sender.tally().accepted >= 3);
    const { accepted } = await sender.stop();
    const search = ["doveadm", "search", "-u", "john@example.org", "header", "Message-ID", "pinned"];
    await until(async () => countLines((await lab.hosts.new.exec(search)).stdout) === accepted);
    const { stdout } = await rehearsal.mailferry(["status", "bullseye-to-trixie", "-i", rehearsal.inventory]);
    expect(stdout).toMatch(/still used: by [1-9][0-9]* since the opening/);
    expect(stdout).toMatch(/^ +smtp \S+: (once|[0-9]+ times), last /im);
  });

  test("status shows the queues, soft_bounce, that old relays, and who still comes to it", async () => {
    const { rehearsal } = story.stage();
    const { stdout } = await rehearsal.mailferry(["status", "bullseye-to-trixie", "-i", rehearsal.inventory]);
    expect(stdout.match(/ queue: /g)).toHaveLength(2);
    // Until `finish` nothing bounces: neither on new, nor on old while it relays.
    expect(stdout.match(/soft_bounce: (ON|off)/g)).toEqual(["soft_bounce: ON", "soft_bounce: ON"]);
    expect(stdout).toMatch(/relay: virtual_transport = smtp:\[10\.77\.0\.20\]:25; new is open since/);
    expect(stdout).toMatch(/still used: by [0-9]+ since the opening/);
    expect(stdout).toMatch(/port 993 10\.77\.0\.1: once, last /);
    const { accepted, response } = await mailToNobody();
    expect({ accepted, response }).toEqual({ accepted: false, response: expect.stringMatching(/^450 /) });
  });

  testAccount(story);

  test("finish names a mail program that comes to old again and again, beside the mail that came in", async () => {
    for (let visits = 0; visits < 5; visits += 1) await comeToOld();
    const ran = await ends(story.stage().rehearsal, "finish", 4, "--check", "-e", "relay_quiet_seconds=3600");
    expect(ran.stdout).toMatch(
      /warning {2}no mail program comes to old's closed ports: port 993 10\.77\.0\.1/,
    );
    expect(ran.stdout).toMatch(/stop {5}old is quiet: smtp /);
  });

  test("finish refuses while old still has mail that waits, is held, or is corrupt", async () => {
    const { rehearsal, lab } = story.stage();
    const { old } = lab.hosts;
    const countIn = async (queue: string) =>
      (await old.run(["find", `/var/spool/postfix/${queue}`, "-type", "f", "-printf", "."])).length;
    // Nobody can be reached at that address.
    const send = () =>
      old.run(["sendmail", "-f", "john@example.org", "far@[192.0.2.1]"], { stdin: "Subject: far\n\nx\n" });
    await send();
    await until(async () => (await countIn("deferred")) === 1);
    await old.run(["postsuper", "-h", "ALL", "deferred"]);
    await send();
    await until(async () => (await countIn("deferred")) === 1);
    const corrupt = "/var/spool/postfix/corrupt/ABC1";
    await old.run(["install", "-o", "postfix", "-m", "0600", "/dev/null", corrupt]);
    const { stdout } = await ends(rehearsal, "finish", 4);
    expect(stdout).toMatch(/ stop {5}old's queue is empty: 3 messages/);
    expect(stdout).toMatch(/ stop {5}nothing is held or corrupt on old: 1 held, 1 corrupt; 0 were carried/);
    await old.run(["sh", "-euc", `postsuper -d ALL; rm ${corrupt}`]);
  });

  testFinish(story);

  test("old's ports are as the freeze left them", async () => {
    const { old } = story.stage().lab.hosts;
    const left =
      "systemctl list-units --all --plain --no-legend 'mailferry-*'; ls /etc/systemd/system; ss -tln";
    const found = await old.run(["sh", "-c", left]);
    expect(found).not.toMatch(/mailferry|:(143|993) /);
    expect(found).toMatch(/:22 /);
  });

  test("new bounces again what it can't deliver", async () => {
    const soft = await story.stage().lab.hosts.new.run(["postconf", "-h", "soft_bounce"]);
    expect(soft.trim()).toBe("no");
    expect((await mailToNobody()).response).toMatch(/^550 /);
  });

  test("a rollback is refused after finish", rollbackIsRefused);

  test("mail of old that is lost on new behind all that is named, by verify and by the proof that it leaves", async () => {
    const { rehearsal, lab } = story.stage();
    const find = "find /var/vmail -path '*/Maildir/cur/*' -type f | LC_ALL=C sort | head -n 1";
    const message = (await lab.hosts.old.run(["sh", "-euc", find])).trimEnd().replace(/:2,[^/]*$/, "");
    await lab.hosts.new.run(["sh", "-euc", 'rm -- "$1":2,*', "sh", message]);
    const [, mailbox, name] = /^\/var\/vmail\/(.*)\/Maildir\/cur\/(.*)$/.exec(message) ?? [];
    const told = `missing: ${mailbox} INBOX ${name}`;
    const { stdout, stderr } = await ends(rehearsal, "verify", 5);
    expect(stdout + stderr).toContain(told);
    const again = await proofAgain("proof-after");
    expect(again, again.stdout + again.stderr).toMatchObject({ exitCode: 5 });
    expect(again.stderr).toContain(told);
    const [, ...rows] = csvRows(await readRunFile(rehearsal, "proof-after-exceptions.csv"));
    expect(rows.filter(([difference]) => difference === "missing")).toEqual([
      expect.arrayContaining([mailbox, name]),
    ]);
    const failed = csvRows(await readRunFile(rehearsal, "proof-after.csv")).filter(
      (row) => row[1] === "failed",
    );
    expect(failed.map(([whose]) => whose)).toEqual([mailbox, "total"]);
  });
});

/** What a user got while the move went on. */
const newInbox = ["-u", "alice@example.org", "mailbox", "INBOX", "header", "Message-ID", "traffic"];

interface Groups {
  readonly old: unknown;
  readonly new: unknown;
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}

/** An address that was made behind the hot copy. */
const lateAlias = `INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT id, 'late@example.org', 'john@example.org' FROM virtual_domains WHERE name = 'example.org';`;

function runOf(name: string, { inventory, answers }: Stage["rehearsal"], ...more: string[]): string[] {
  return ["run", "bullseye-to-trixie", "-i", inventory, "--stage", name, "--answers", answers, ...more];
}
