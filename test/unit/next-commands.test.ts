import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { nextStep } from "../../src/cli/next-step.ts";
import { type Standing, thaws } from "../../src/engine/gates.ts";
import { mayBegin } from "../../src/engine/may-begin.ts";
import type { MigrationState, StageState } from "../../src/engine/state.ts";
import { loadPlaybook } from "../../src/language/load-playbook.ts";
import type { Playbook } from "../../src/language/model/playbook.ts";
import { moduleRegistry } from "../../src/modules/registry.ts";

/*
 * `status` names a command. Whatever a kill, a failure or another controller made of the journal and the latches, it must not be
 * one that the gates refuse: nobody would know how to go on.
 */

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const playbooks = readdirSync(at("playbooks")).filter((name) => name.endsWith(".yml"));

/** What an inventory says. */
const extraVariables = [
  ...["mail_domains", "dns_watch", "dns_switch_records", "smoke_address", "smoke_server_name"],
  ...["cmdeploy_checkout", "imap_copy_old", "imap_copy_new"],
];

const now = new Date("2026-11-22T12:00:00Z");
const lately = "2026-11-22T11:00:00Z";
const longAgo = "2026-11-20T12:00:00Z";

/** What a journal can say of a stage. */
const stageStates: readonly (StageState | undefined)[] = [
  undefined,
  { startedAt: lately },
  { doneAt: lately },
  { doneAt: longAgo },
  { failedAt: lately, failure: "x" },
  { rolledBackAt: lately },
];

const latchSets: readonly MigrationState["latches"][] = [
  {},
  { "old-frozen": lately },
  { "old-frozen": lately, "new-opened": lately },
  { "old-frozen": lately, "new-opened": lately, "new-serving": lately },
  // On the way back, before and behind its turning point.
  { "old-frozen": lately, "new-opened": lately, "new-serving": lately, "new-frozen": lately },
  { "old-frozen": lately, "new-frozen": lately },
  { "new-frozen": lately },
];

/** The same numbers in each run of the test. */
function dice(seed: number): <T>(of: readonly T[]) => T {
  let state = seed;
  return (of) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return of[Math.floor((state / 2 ** 32) * of.length)] as (typeof of)[number];
  };
}

function someState({ stages }: Playbook, pick: ReturnType<typeof dice>): MigrationState {
  const known = stages.flatMap(({ name }) => {
    const state = pick(stageStates);
    return state === undefined ? [] : [[name, state] as const];
  });
  const cut = pick(["", "", "run", "rollback"]);
  const rolling = stages.filter(({ rollback }) => rollback.length > 0);
  return {
    version: 1,
    stages: Object.fromEntries(known),
    latches: pick(latchSets),
    openJobs: {},
    jobs: {},
    openLinks: [],
    pendingHandlers: [],
    unfinishedStage: cut === "run" ? pick(stages).name : undefined,
    unfinishedRollback: cut === "rollback" ? pick(rolling).name : undefined,
  };
}

function isRefused(command: string | undefined, standing: Standing): boolean {
  const [, word, name] = /^mailferry (run|rollback) .*--stage (\S+)/.exec(command ?? "") ?? [];
  const stage = standing.playbook.stages.find((one) => one.name === name);
  return stage !== undefined && !mayBegin(word as "run" | "rollback", stage, standing);
}

describe.each(playbooks)("the commands that status names for %s", (file) => {
  test("are refused nowhere, and there is one until all is done", async () => {
    const context = { modules: moduleRegistry, roleDirectories: [at("roles")], extraVariables };
    const { playbook } = await loadPlaybook(at(`playbooks/${file}`), context);
    expect(playbook.stages.filter(thaws).map(({ name }) => name)).toEqual(["cutover"]);
    const given = { playbook: file, inventory: ["hosts.yml"] };
    const pick = dice(7);
    const faults = new Map<string, MigrationState>();
    for (let count = 0; count < 4000; count++) {
      const state = someState(playbook, pick);
      const standing = { playbook, state, now };
      const { command, otherwise } = nextStep(playbook, state, given, now);
      for (const named of [command, otherwise]) if (isRefused(named, standing)) faults.set(`${named}`, state);
      const isLast = state.stages.finish?.doneAt !== undefined && state.latches["new-frozen"] === undefined;
      if (command === undefined && !isLast) faults.set("nothing", state);
    }
    expect([...faults]).toEqual([]);
  });
});
