import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { collectMessageIds } from "../../src/lab/check/collect-ids.ts";
import type { LabHost } from "../../src/lab/lab.ts";
import { controllerAddresses } from "../../src/lab/lab-hosts.ts";
import { chatmailMailRoot, relayDomain } from "../../src/lab/seeder/seed-chatmail.ts";
import { account } from "./account.ts";
import { labName } from "./lab-name.ts";
import { inLab, readFolder, sendMail } from "./mail-client.ts";
import { done, setTheStage, until } from "./rehearse.ts";
import { listAccounts, listKeys } from "./relay-state.ts";
import { readRunLines } from "./run-file.ts";
import {
  beginStory,
  killAtTask,
  testAccount,
  testCheckMode,
  testFinish,
  testHotCopy,
  testInit,
  testKilledCutover,
  testPreflight,
  testPrepare,
  testRolledBackCutover,
  testVerify,
} from "./story.ts";

const helpers = ["doveauth", "chatmail-metadata", "lastlogin", "chatmail-expire.timer"];
const alice = { user: `alice@${relayDomain}`, pass: "summersun" };

/** A chatmail relay moves to a bare machine, with mail flowing; cmdeploy is the lab's stand-in. */
describe("chatmail", () => {
  const story = beginStory({
    setStage: async () => {
      const stage = await setTheStage(labName("chatmail"), {}, "chatmail");
      for (const host of [stage.lab.hosts.old, stage.lab.hosts.new]) await confineRoot(host);
      return stage;
    },
    nothingMoved: { verify: /has no \/home\/vmail\/mail/, finish: /^FAILED .*\n.*new-opened/m },
    says: {
      preflight: [
        /ok {7}certificate: acme, valid for more than 30 days/,
        /ok {7}directory of the mailboxes: \/home\/vmail\/mail\/mail\.example\.org/,
        /ok {7}DKIM keys match DNS/,
        /planned {2}mail\.example\.org A: 10\.77\.0\.10; leads to old: 10\.77\.0\.20; TTL 86400 s/,
      ],
      verify: [/ [0-9]+ messages since [0-9TZ:-]+: [0-9]+ delivered/],
    },
    account: (stage, traffic) =>
      account(stage, traffic, { find: (host) => collectMessageIds(host, { root: chatmailMailRoot }) }),
  });
  const hosts = () => story.stage().lab.hosts;

  testInit(story, "chatmail", { cmdeploy_checkout: "/srv/relay" });
  testCheckMode(story);
  testPreflight(story);

  test.each([
    {
      kind: "self-signed",
      certificate: "/etc/ssl/certs/mailserver.pem",
      key: "/etc/ssl/private/mailserver.key",
    },
    { kind: "external", certificate: "/srv/tls/live/cert.pem", key: "/srv/tls/live/key.pem" },
  ])(
    "a certificate that acmetool did not make goes along, too: $kind",
    async ({ kind, certificate, key }) => {
      const { rehearsal } = story.stage();
      const { old, new: fresh } = hosts();
      const before = await old.run(["postconf", "smtpd_tls_cert_file", "smtpd_tls_key_file"]);
      await old.run(["sh", "-euc", useCertificate, "sh", certificate, key]);
      try {
        const words = ["run", resolve("test/e2e/certificates-again.yml"), "-i", rehearsal.inventory];
        const brought = await rehearsal.mailferry(words);
        expect(brought, brought.stdout + brought.stderr).toMatchObject({ exitCode: 0 });
        expect(brought.stdout).toContain(`certificate: ${kind}, valid for more than 30 days`);
      } finally {
        await old.run(["postconf", "-e", ...before.trim().split("\n")]);
      }
      const state = (host: LabHost) => host.run(["sh", "-euc", statesOf, "sh", certificate, key]);
      expect(await state(fresh)).toBe(await state(old));
    },
  );

  testPrepare(story);

  test("prepare configures new, and nothing listens for mail there", async () => {
    const { new: fresh } = hosts();
    expect(await fresh.run(["postconf", "-h", "mydestination"])).toBe(`${relayDomain}\n`);
    expect(await fresh.run(["systemctl", "is-active", "opendkim"])).toBe("active\n");
    expect(await fresh.run(["ss", "-Hltn", "( sport = :25 or sport = :993 or sport = :587 )"])).toBe("");
  });

  testHotCopy(story);

  testRolledBackCutover(story);

  test("a cutover that was rolled back leaves old's services as they were", async () => {
    await expectUnits(hosts().old, [...helpers, "postfix", "dovecot"], "active enabled");
  });

  testKilledCutover(story);

  test("what writes among old's mailboxes stands still, while Postfix hands over", async () => {
    await expectUnits(hosts().old, helpers, "inactive disabled");
    expect(await hosts().old.run(["postconf", "-h", "local_transport"])).toBe("smtp:[10.77.0.20]:25\n");
  });

  test("keys, certificates and accounts belong to whom they have to on new", async () => {
    const { old, new: fresh } = hosts();
    const owners = (host: LabHost) => host.run(["sh", "-euc", listKeys + listAccounts]);
    expect(await owners(fresh)).toBe(await owners(old));
    const numbers = [await old.run(["id", "-u", "vmail"]), await fresh.run(["id", "-u", "vmail"])];
    expect(numbers[0]).not.toBe(numbers[1]);
  });

  test("a user logs in with the old password, and mail is signed with the old key", async () => {
    const { lab } = story.stage();
    const way = { host: hosts().new.address, caFile: lab.files.caFile, servername: relayDomain };
    const to = `bob.builder@${relayDomain}`;
    const mail = { ...way, port: 587, from: alice.user, to, subject: "signed by new", login: alice };
    expect(await sendMail(lab, mail)).toMatchObject({ accepted: true });
    const search = ["doveadm", "fetch", "-u", to, "hdr.dkim-signature", "SUBJECT", "signed by new"];
    let found = "";
    await until(async () => {
      found = await hosts().new.run(search);
      return found !== "";
    });
    expect(found).toMatch(/d=mail\.example\.org;\s+s=opendkim;/);
    expect(await readFolder(lab, { ...way, ...alice })).toMatchObject({ loggedIn: true });
  });

  test("behind the opening new's mail goes back to old, with addresses that were made on new", async () => {
    const { rehearsal, lab } = story.stage();
    const { old, new: fresh } = hosts();
    const carol = { user: `carol.new@${relayDomain}`, pass: alice.pass };
    const keys = await old.run(["sh", "-euc", listKeys]);
    const way = { caFile: lab.files.caFile, servername: relayDomain };
    await fresh.run(["sh", "-euc", makeAddress, "sh", carol.user, alice.user]);
    const mail = { ...way, host: fresh.address, port: 587, from: alice.user, to: carol.user, login: alice };
    expect(await sendMail(lab, { ...mail, subject: "to the new address" })).toMatchObject({ accepted: true });
    await killAtTask(rehearsal, "back", "Dovecot on old does not write meanwhile");
    expect((await rehearsal.readState()).latches["new-frozen"]).toBeDefined();
    // It waits in new's queue, and is handed over in the end.
    await fresh.run(["sendmail", carol.user], { stdin: "Subject: from the queue of new\n\nhello\n" });
    await done(rehearsal, "back");

    expect((await rehearsal.readState()).latches).toEqual({});
    await expectUnits(old, [...helpers, "postfix", "dovecot"], "active enabled");
    await expectUnits(fresh, ["postfix", "dovecot"], "inactive masked");
    await expectUnits(fresh, helpers, "inactive disabled");
    expect(await old.run(["sh", "-euc", listKeys])).toBe(keys);
    const kept = ["stat", "-c", "%n %a %U %Y"];
    for (const { user } of [alice, carol]) {
      const home = `${chatmailMailRoot}/${relayDomain}/${user}`;
      kept.push(`${home}/password`, `${home}/enforceE2EEincoming`);
    }
    expect(await old.run(kept)).toBe(await fresh.run(kept));
    await until(async () => {
      const { subjects = [] } = await readFolder(lab, { ...way, host: old.address, ...carol });
      return ["to the new address", "from the queue of new"].every((subject) => subjects.includes(subject));
    });
    const sender = await story.traffic();
    const { accepted } = sender.tally();
    await until(() => sender.tally().accepted >= accepted + 20);
  });

  test("and another move after it", async () => {
    for (const name of ["hot-copy", "cutover"]) await done(story.stage().rehearsal, name);
  });

  // The cutover took no hashes: what is in the messages is compared here. With --full everything is hashed anew.
  testVerify(story);

  test("messages of old that were not hashed in the downtime are hashed and compared behind it", async () => {
    const { rehearsal } = story.stage();
    const [inDowntime] = await readRunLines(rehearsal, "proof.jsonl");
    expect(inDowntime).toMatchObject({ old: { hash: "none" }, new: { hash: "none" } });
    const [head, ...lines] = await readRunLines(rehearsal, "proof-contents.jsonl");
    const hash = expect.not.stringMatching(/^none$/);
    expect(head).toMatchObject({
      old: { host: hosts().old.name, hash },
      new: { host: hosts().new.name, hash },
    });
    const total = lines.find(({ type }) => type === "total");
    expect(total).toMatchObject({
      missing: 0,
      altered: 0,
      "on-both": expect.toSatisfy((count) => count > 0),
    });
  });

  testAccount(story);
  testFinish(story);

  test("the records lead to new, with the TTL that was wanted", async () => {
    const { address, address6 } = hosts().new;
    for (const [type, data] of [
      ["A", address],
      ["AAAA", address6],
    ] as const) {
      const answer = await inLab(story.stage().lab, ["dig", "+noall", "+answer", relayDomain, type]);
      expect(answer.trim().split(/\s+/)).toEqual([`${relayDomain}.`, "14400", "IN", type, data]);
    }
  });
});

/** Root's login, which cmdeploy needs, is worth nothing at another machine's, as docs/least-privilege.md has it. */
async function confineRoot(host: LabHost): Promise<void> {
  const { address, address6 } = controllerAddresses;
  const words = `restrict,from="${address},${address6}" `;
  await host.run(["sed", "-i", `s/^/${words}/`, "/root/.ssh/authorized_keys"]);
}

/** Expects of each unit "STATE ENABLED", as `systemctl is-active` and `is-enabled` say it. */
async function expectUnits(host: LabHost, units: readonly string[], state: string): Promise<void> {
  const words = async (question: string) =>
    (await host.exec(["systemctl", question, ...units])).stdout.trim().split("\n");
  const [active, enabled] = [await words("is-active"), await words("is-enabled")];
  expect(units.map((unit, index) => `${unit} ${active[index]} ${enabled[index]}`)).toEqual(
    units.map((unit) => `${unit} ${state}`),
  );
}

/** Makes the address `$1` with the password of `$2`, who has just logged in; like that one it takes no clear text. */
const makeAddress = `
  cd ${chatmailMailRoot}/${relayDomain}
  install -d -m 0700 -o vmail -g vmail "$1"
  touch "$2/password"
  cp -p "$2/password" "$2/enforceE2EEincoming" "$1"`;

/** Makes a certificate and its key (`$1`, `$2`; below /srv they are links), and has Postfix's next processes use them. */
const useCertificate = `
  umask 077
  mkdir -p -- /srv/tls/archive "\${1%/*}" "\${2%/*}"
  from=/srv/tls/archive
  openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=${relayDomain} -keyout $from/key.pem -out $from/cert.pem 2>/dev/null
  chmod 0644 $from/cert.pem
  case $1 in
    /srv/*) ln -s ../archive/cert.pem "$1"; ln -s ../archive/key.pem "$2" ;;
    *) mv $from/cert.pem "$1"; mv $from/key.pem "$2" ;;
  esac
  postconf -e "smtpd_tls_cert_file = $1" "smtpd_tls_key_file = $2"`;

/** Where each path leads to, its mode, owner and content. */
const statesOf = `
  for path do
    readlink -e -- "$path"
    stat -L -c '%a %U:%G' -- "$path"
    sha256sum <"$path"
  done`;
