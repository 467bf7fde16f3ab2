import { describe, expect, test } from "vitest";
import { qmailPeople } from "../../src/lab/scenarios/qmail-to-qmail.ts";
import { labName } from "./lab-name.ts";
import { inLab } from "./mail-client.ts";
import { accountForQmail, homeModes, rebootFrozenOld, setQmailStage } from "./qmail-stage.ts";
import { done, ends, until } from "./rehearse.ts";
import {
  beginStory,
  killAtTask,
  rollBack,
  testAccount,
  testCheckMode,
  testFinish,
  testHotCopy,
  testInit,
  testKilledCutover,
  testPreflight,
  testVerify,
  unchanged,
} from "./story.ts";

const homesFreeze = "Homes take no more mail";

/** The whole move on real hosts, with mail flowing, from one stand-in for qmail to another. */
describe("qmail to qmail", () => {
  const story = beginStory({
    setStage: () => setQmailStage(labName("qmail")),
    says: {
      preflight: [
        /ok {7}old delivers the domains that move/,
        /warning {2}homes that qmail-local delivers to: erin/,
      ],
      // Mail that still comes to old passes through its remote queue.
      verify: [/old: 0 local, [0-9]+ remote/],
    },
    killAt: homesFreeze,
    inFreeze: rebootFrozenOld,
    growing: /Mailboxes/,
    account: accountForQmail,
  });
  const hosts = () => story.stage().lab.hosts;
  const control = async (host: "old" | "new", file: string) =>
    hosts()[host].run(["cat", `/var/qmail/control/${file}`]);

  testInit(story, "qmail-to-qmail", { smoke_address: "alice@example.org" });
  testCheckMode(story);
  testPreflight(story);

  test("prepare makes new know users and domains, and keeps it closed; twice changes nothing", async () => {
    const { rehearsal } = story.stage();
    await story.traffic();
    await done(rehearsal, "prepare");
    unchanged(await done(rehearsal, "prepare"));
    const { new: fresh } = hosts();
    for (const { name, uid } of qmailPeople) expect(await fresh.run(["id", "-u", name])).toBe(`${uid}\n`);
    expect(await fresh.run(["cat", "/var/qmail/users/cdb"])).toContain("=net-carol:");
    expect(await control("new", "locals")).toBe(
      "localhost\nmail-new.example.org\nmail-old.example.org\nexample.org\n",
    );
    expect(await control("new", "virtualdomains")).toBe("example.net:net\n");
    expect(await control("new", "concurrencylocal")).toBe("0\n");
    for (const service of ["qmail-smtpd", "qmail-pop3d"]) {
      expect(await fresh.run(["svstat", `/service/${service}`])).toContain(": down ");
      await fresh.run(["test", "-e", `/service/${service}/down`]);
    }
  });

  testHotCopy(story);

  test("a cutover that is killed in the freeze is rolled back: homes and control files are what they were", async () => {
    const { rehearsal, lab } = story.stage();
    const { old } = hosts();
    const files = ["locals", "rcpthosts", "virtualdomains"];
    const before = {
      modes: await homeModes(old),
      control: await Promise.all(files.map((file) => control("old", file))),
    };
    await killAtTask(rehearsal, "cutover", story.killAt);
    expect((await homeModes(old)).map(({ mode }) => mode.slice(0, 1))).toEqual(["1", "1", "1", "3", "1"]);

    const sender = await story.traffic();
    const { accepted } = sender.tally();
    // Frozen, old goes on taking mail.
    await until(() => sender.tally().accepted > accepted);
    await rollBack(rehearsal, "cutover");
    expect((await rehearsal.readState()).latches).toEqual({});
    expect({
      modes: await homeModes(old),
      control: await Promise.all(files.map((file) => control("old", file))),
    }).toEqual(before);
    for (const file of ["smtproutes", "concurrencyremote"]) {
      expect((await old.exec(["cat", `/var/qmail/control/${file}`])).exitCode).not.toBe(0);
    }
    expect(await inLab(lab, ["perl", "-e", askPop3, old.address])).toMatch(/^1 \d+\.\d+\.mail-old\r$/m);
  });

  testKilledCutover(story);

  test("homes of new have old's modes, and what waited on old went to new", async () => {
    const { old, new: fresh } = hosts();
    const modes = Object.fromEntries(qmailPeople.map(({ name, mode }) => [name, mode.replace(/^0/, "")]));
    expect(Object.fromEntries((await homeModes(fresh)).map(({ name, mode }) => [name, mode]))).toEqual(modes);
    expect(await control("old", "smtproutes")).toContain(`example.org:${fresh.address}\n`);
    // Mail keeps coming to old, and each waits for a moment.
    await until(async () => (await old.run(["/var/qmail/bin/qmail-qread"])) === "");
  });

  test("behind the opening a way back that was broken off is taken back, and new goes on", async () => {
    const { rehearsal } = story.stage();
    const { old } = hosts();
    await killAtTask(rehearsal, "back", homesFreeze);
    await rollBack(rehearsal, "back");
    expect(Object.keys((await rehearsal.readState()).latches)).not.toContain("new-frozen");
    const sender = await story.traffic();
    const { accepted } = sender.tally();
    await until(() => sender.tally().accepted > accepted);
    await until(async () => (await old.run(["/var/qmail/bin/qmail-qread"])) === "");
  });

  test("behind the opening new's mail goes back to old, also when the controller is killed meanwhile", async () => {
    const { rehearsal } = story.stage();
    const { old, new: fresh } = hosts();
    const [read = "", late = ""] = (await fresh.run(["sh", "-euc", useNew])).split("\n");
    // Far enough before the turning point, behind which it would go another way.
    await killAtTask(rehearsal, "back", "What was delivered is on the disk");
    expect((await rehearsal.readState()).latches["new-frozen"]).toBeDefined();
    // It waits in new's queue, and is handed over in the end.
    await fresh.run(["sh", "-euc", sendOnNew]);
    await ends(rehearsal, "hot-copy", 4);
    const { stdout } = await rehearsal.mailferry(["status", "qmail-to-qmail", "-i", rehearsal.inventory]);
    expect(stdout).toContain("--stage back");

    expect(await done(rehearsal, "back")).toContain("the password of bob");
    expect((await rehearsal.readState()).latches).toEqual({});
    await ends(rehearsal, "back", 4);
    for (const [host, is] of [[old, "up"] as const, [fresh, "down"] as const]) {
      for (const service of ["qmail-smtpd", "qmail-pop3d"]) {
        expect(await host.run(["svstat", `/service/${service}`])).toContain(`: ${is} `);
      }
    }
    expect(await control("old", "locals")).toBe("localhost\nmail-old.example.org\nexample.org\n");
    expect(await control("old", "virtualdomains")).toBe("example.net:net\n");
    expect(await control("new", "virtualdomains")).toBe("example.net:net\n");
    expect(await control("new", "concurrencylocal")).toBe("0\n");
    for (const host of [old, fresh]) {
      for (const file of ["smtproutes", "concurrencyremote"]) {
        expect((await host.exec(["cat", `/var/qmail/control/${file}`])).exitCode).not.toBe(0);
      }
    }
    expect(await homeModes(old)).toEqual([
      ...qmailPeople.map(({ name, mode }) => ({ name, mode: mode.replace(/^0/, "") })),
      { name: "frank", mode: "711" },
    ]);
    await old.run(["test", "-f", `/mail/example.org/alice/Maildir/cur/${read}:2,S`]);
    await old.run(["test", "-f", `/mail/example.org/alice/Maildir/.Later/new/${late}`]);
    const owner = ["stat", "-c", "%U %a", "/mail/example.org/frank/Maildir/new/1.frank"];
    expect(await old.run(owner)).toBe("frank 600\n");
    const arrived = "grep -rlx 'Subject: from the queue of new' /mail/example.org/alice/Maildir/new";
    await until(async () => (await old.exec(["sh", "-c", arrived])).exitCode === 0);
    const sender = await story.traffic();
    const { accepted } = sender.tally();
    await until(() => sender.tally().accepted > accepted);
  });

  test("and another move after it", async () => {
    for (const name of ["hot-copy", "cutover"]) await done(story.stage().rehearsal, name);
  });

  testVerify(story);
  testAccount(story);
  testFinish(story);

  test("old takes no more mail, and its homes are as they were", async () => {
    const { old } = hosts();
    expect(await old.run(["svstat", "/service/qmail-smtpd"])).toContain(": down ");
    expect((await homeModes(old)).map(({ mode }) => mode)).toEqual([
      ...["700", "755", "711", "2750", "1700"],
      "711",
    ]);
  });
});

/** The guide's own way: old sends nothing to new, so that what comes in there is fetched, again and again. */
describe("qmail to qmail, by repeated passes", () => {
  const story = beginStory({
    setStage: () =>
      setQmailStage(labName("passes"), { variables: { qmail_method: "passes" }, isSenderStale: true }),
    account: accountForQmail,
  });

  test("prepare can be taken back: new serves again", async () => {
    const { rehearsal, lab } = story.stage();
    const { new: fresh } = lab.hosts;
    for (const stage of ["preflight", "prepare"]) await done(rehearsal, stage);
    await rollBack(rehearsal, "prepare");
    for (const service of ["qmail-smtpd", "qmail-pop3d"]) {
      expect(await fresh.run(["svstat", `/service/${service}`])).toContain(": up ");
      expect((await fresh.exec(["test", "-e", `/service/${service}/down`])).exitCode).toBe(1);
    }
    expect((await fresh.exec(["test", "-e", "/var/qmail/control/concurrencylocal"])).exitCode).toBe(1);
  });

  test("the freeze touches no control file of old, and a reboot in it delivers nothing; a second cutover changes nothing", async () => {
    const { rehearsal, lab } = story.stage();
    const control = () => lab.hosts.old.run(["sh", "-euc", "cd /var/qmail/control; head -n 99 *"]);
    await story.traffic();
    for (const stage of ["prepare", "hot-copy"]) await done(rehearsal, stage);
    const before = await control();
    await killAtTask(rehearsal, "cutover", homesFreeze);
    await rebootFrozenOld(story.stage());
    await done(rehearsal, "cutover");
    unchanged(await done(rehearsal, "cutover"));
    expect(await control()).toBe(before);
  });

  test("each verify brings over what came in on old meanwhile, until there is nothing left", async () => {
    const { rehearsal, lab } = story.stage();
    const sender = await story.traffic();
    expect(await done(rehearsal, "verify")).toMatch(/^ +[1-9][0-9]* messages brought over$/m);
    const { accepted } = sender.tally();
    await until(() => sender.tally().accepted > accepted + 4);
    await sender.stop();
    // A user has read on new what a pass brought: it does not come twice.
    await lab.hosts.new.run(["sh", "-euc", readAll]);
    expect(await done(rehearsal, "verify")).toMatch(/^ +[1-9][0-9]* messages brought over$/m);
    unchanged(await done(rehearsal, "verify"));
  });

  testAccount(story);
  testFinish(story);
});

// What was there before the move is left as it was: it is compared in the end.
const readAll = `
  cd /mail/example.org/bob/Maildir/new
  for file in $(grep -l -e '^Message-ID: .*-traffic\\.' *); do mv "$file" "../cur/$file:2,S"; done`;

/**
 * What happens on new once it is open: alice reads a mail that came meanwhile and makes a folder, there is a user whom old doesn't know, and bob has another
 * password. Prints the unique names of the mail and of the folder's one.
 */
const useNew = `
  cd /mail/example.org/alice/Maildir
  read=$(cd new; grep -l -e '^Message-ID: .*-traffic\\.' * | head -n 1)
  mv "new/$read" "cur/$read:2,S"
  install -d -m 700 -o alice -g alice .Later .Later/cur .Later/new .Later/tmp
  printf 'Subject: for later\\n\\nhello\\n' >.Later/new/1.later
  chown alice:alice .Later/new/1.later
  groupadd --gid 2006 frank
  useradd --uid 2006 --gid 2006 --home-dir /mail/example.org/frank --no-create-home frank
  install -d -m 711 -o frank -g frank /mail/example.org/frank
  cd /mail/example.org/frank
  install -d -m 700 -o frank -g frank Maildir Maildir/cur Maildir/new Maildir/tmp
  printf 'Subject: for frank\\n\\nhello\\n' >Maildir/new/1.frank
  chown frank:frank Maildir/new/1.frank
  chmod 600 Maildir/new/1.frank
  echo bob:wintermoon | chpasswd
  printf '%s\\n' "$read" 1.later`;

const sendOnNew = `
  printf 'Froot@example.org\\0Talice@example.org\\0\\0' >/tmp/envelope
  printf 'Subject: from the queue of new\\n\\nhello\\n' | /var/qmail/bin/qmail-queue 1</tmp/envelope`;

/** A POP3 session that prints the unique ids of alice's messages. */
const askPop3 = `
  use IO::Socket::INET;
  my $pop3 = IO::Socket::INET->new(PeerAddr => shift, PeerPort => 110, Timeout => 30) or die "$@\\n";
  print $pop3 "USER alice\\r\\nPASS summersun\\r\\nUIDL\\r\\nQUIT\\r\\n";
  print while <$pop3>;`;
