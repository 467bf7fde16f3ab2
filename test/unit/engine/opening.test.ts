import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { changingModule, type ModuleRegistry, registered } from "../../../src/contract/module.ts";
import { readState } from "../../../src/engine/record.ts";
import { ledgerBytes } from "../../../src/mail/testing/fake-ledger.ts";
import { moduleRegistry } from "../../../src/modules/registry.ts";
import { rsyncPull } from "../../../src/modules/rsync-pull/rsync-pull.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const freeze = "{ name: freeze, latch: { name: old-frozen } }";
const prove = "{ name: prove, mail_proof: { old: ledger-old, new: ledger-new } }";
const open = "{ name: open, latch: { name: new-opened } }";

/** Tasks of a stage that opens new. */
function opening(...tasks: string[]): string {
  return `name: x\nstages: [{ name: main, plays: [{ hosts: new, tasks: [${tasks.join(", ")}] }] }]\n`;
}

/** Puts a ledger of each host where runs keep theirs. */
function keepLedgers(takenAt: string): void {
  const directory = join(place.stateDirectory, "runs", "20240101T000000Z-000000");
  mkdirSync(directory, { recursive: true });
  const folder = { maildir: "example.org/a/Maildir", directory: "", uidValidity: 7, nextUid: 9 };
  for (const [name, host] of [["ledger-old", "alpha"] as const, ["ledger-new", "beta"] as const]) {
    const ledger = ledgerBytes({ host, takenAt }, [{ ...folder, subscriptions: [], messages: [] }]);
    writeFileSync(join(directory, name), ledger);
  }
}

/** A copy of a mail root, without the copying. */
const copying = changingModule<{ from: string; dest: string }, Change>({
  ...rsyncPull,
  check: async ({ from, dest }, host) => ({
    summary: `copy ${dest}`,
    copies: { oldHost: from, newHost: host.name, root: dest },
  }),
  apply: async () => ({}),
});
const copyingAll: ModuleRegistry = {
  names: moduleRegistry.names,
  load: async (name) => (name === "rsync_pull" ? registered(copying) : moduleRegistry.load(name)),
};
const copy = (root: string, from = "alpha") =>
  `{ name: copy ${root}, rsync_pull: { from: ${from}, src: ${root}, dest: ${root}, maildir: true } }`;

const soon = "2999-01-01T00:00:00.000Z";
const longAgo = "2024-01-01T00:00:00.000Z";

describe("new is opened", () => {
  test("when a proof of this run says that all mail is there", async () => {
    keepLedgers(soon);
    const ran = await run(place, opening(freeze, prove, open));
    expect(ran.result.failures).toEqual([]);
    expect(readState(place.stateDirectory).latches["new-opened"]).toBeDefined();
  });

  test.each<[string, string, readonly string[]]>([
    ["with no proof", soon, [freeze, open]],
    ["with a proof from before the freeze", soon, [prove, freeze, open]],
    ["with a proof of ledgers that are older than this run", longAgo, [freeze, prove, open]],
    [
      "with a proof that is told from another side",
      soon,
      [freeze, "{ mail_proof: { old: ledger-new, new: ledger-old } }", open],
    ],
    [
      "when the proof was passed over",
      soon,
      [freeze, "{ name: prove, mail_proof: { old: no, new: such }, ignore_errors: true }", open],
    ],
  ])("never %s", async (_what, takenAt, tasks) => {
    keepLedgers(takenAt);
    const ran = await run(place, opening(...tasks));
    expect(ran.result.failures.at(-1)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("no proof of this run"),
      next: expect.stringContaining("unproven: true"),
    });
    expect(readState(place.stateDirectory).latches["new-opened"]).toBeUndefined();
  });

  test("never with the proof of an attempt before", async () => {
    keepLedgers(soon);
    await run(place, opening(freeze, prove, "{ fail: { msg: power cut } }"));
    expect((await run(place, opening(freeze, open))).result.result).toBe("failed");
    expect(readState(place.stateDirectory).latches["new-opened"]).toBeUndefined();
  });

  test("never while old listens, whatever its freeze came to", async () => {
    keepLedgers(soon);
    const listening = "  sl  local_address rem_address   st\n   0: 00000000:0019 00000000:0000 0A 0\n";
    place.hosts.alpha.answer(["cat", "/proc/net/tcp"], listening);
    const ran = await run(place, opening(freeze, prove, open));
    expect(ran.result.failures[0]).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("alpha still listens on port 25"),
    });
    expect(readState(place.stateDirectory).latches["new-opened"]).toBeUndefined();
  });
});

// The ledgers are of /var/vmail.
describe("new is opened when each root that was copied is proven", () => {
  const openedAfter = async (...tasks: string[]) => {
    keepLedgers(soon);
    const { result } = await run(place, opening(freeze, ...tasks, open), { modules: copyingAll });
    return result.failures;
  };

  test.each([
    ["the root itself, in two passes", [copy("/var/vmail"), copy("/var/vmail")]],
    ["a directory in it", [copy("/var/vmail/example.org")]],
    ["a copy of what is none of old's", [copy("/srv/archive", "control")]],
  ])("%s", async (_what, copies) => {
    expect(await openedAfter(...copies, prove)).toEqual([]);
  });

  test.each([
    ["/srv/mail", [copy("/var/vmail"), copy("/srv/mail")]],
    ["/var/vmail2", [copy("/var/vmail2")]],
  ])("and never while %s is not", async (root, copies) => {
    expect((await openedAfter(...copies, prove)).at(-1)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining(`(${root} of beta)`),
    });
    expect(readState(place.stateDirectory).latches["new-opened"]).toBeUndefined();
  });

  test("and never while one is not that a resumed run had copied", async () => {
    keepLedgers(soon);
    let hasFailed = false;
    place.hosts.beta.answer(["cut"], () => {
      const exitCode = hasFailed ? 0 : 1;
      hasFailed = true;
      return { exitCode };
    });
    const yaml = opening(freeze, copy("/srv/mail"), "{ command: cut }", copy("/var/vmail"), prove, open);
    await run(place, yaml, { modules: copyingAll });
    const { result, tasks } = await run(place, yaml, { modules: copyingAll, resume: true });
    expect(tasks).not.toContain("beta: copy /srv/mail: changed");
    expect(result.failures.at(-1)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("(/srv/mail of beta)"),
    });
  });

  test("whatever was copied by an attempt before", async () => {
    keepLedgers(soon);
    const broken = opening(freeze, copy("/srv/mail"), "{ fail: { msg: power cut } }");
    await run(place, broken, { modules: copyingAll });
    expect(await openedAfter(copy("/var/vmail"), prove)).toEqual([]);
  });
});

describe("check mode", () => {
  const yaml = `name: x
stages:
  - name: main
    confirm: sure
    plays:
      - hosts: new
        check_mode: false
        tasks: [{ command: look, changed_when: "false" }, { command: stop }, ${freeze}]
`;

  test("does nothing where servers are stopped, whatever a task says; what looks only looks", async () => {
    place.hosts.beta.answer(["look"], "");
    await run(place, yaml, { checkMode: true });
    const ran = Object.values(place.hosts).flatMap((host) => host.changesRun());
    expect(ran).toEqual(["look"]);
    expect(readState(place.stateDirectory).latches).toEqual({});
  });
});
