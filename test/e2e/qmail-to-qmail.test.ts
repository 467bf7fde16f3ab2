import { describe, expect, test } from "vitest";
import { qmailPeople } from "../../src/lab/scenarios/qmail-to-qmail.ts";
import { labName } from "./lab-name.ts";
import { inLab } from "./mail-client.ts";
import { accountForQmail, homeModes, rebootFrozenOld, setQmailStage } from "./qmail-stage.ts";
import { done, until } from "./rehearse.ts";
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

const homesFreeze = "Homes of old take no more mail";

/** The whole move on real hosts, with mail flowing, from one stand-in for qmail to another. */
describe("qmail to qmail", () => {
  const story = beginStory({
    setStage: () => setQmailStage(labName("qmail")),
    says: {
      preflight: [
        /ok {7}old delivers the domains that move/,
        /warning {2}homes that qmail-local delivers to: erin/,
      ],
      verify: [/old: 0 local, 0 remote/],
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

  testVerify(story);
  testAccount(story);
  testFinish(story);

  test("old takes no more mail, and its homes are as they were", async () => {
    const { old } = hosts();
    expect(await old.run(["svstat", "/service/qmail-smtpd"])).toContain(": down ");
    expect((await homeModes(old)).map(({ mode }) => mode)).toEqual(["700", "755", "711", "2750", "1700"]);
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

const readAll = 'cd /mail/example.org/bob/Maildir/new; for file in *; do mv "$file" "../cur/$file:2,S"; done';

/** A POP3 session that prints the unique ids of alice's messages. */
const askPop3 = `
  use IO::Socket::INET;
  my $pop3 = IO::Socket::INET->new(PeerAddr => shift, PeerPort => 110, Timeout => 30) or die "$@\\n";
  print $pop3 "USER alice\\r\\nPASS summersun\\r\\nUIDL\\r\\nQUIT\\r\\n";
  print while <$pop3>;`;
