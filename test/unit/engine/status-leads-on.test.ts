import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { nextAfterKill, nextStep } from "../../../src/cli/next-step.ts";
import type { Connect } from "../../../src/contract/connection.ts";
import { OutcomeUnknown, Unreachable } from "../../../src/contract/errors.ts";
import type { HostWriter } from "../../../src/contract/host.ts";
import { latchNames } from "../../../src/contract/latch.ts";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import { stateDirectoryHolder } from "../../../src/engine/lock.ts";
import { readState } from "../../../src/engine/record.ts";
import type { RunRequest } from "../../../src/engine/request.ts";
import { runStage } from "../../../src/engine/run-stage.ts";
import { connectTo, makePlace, type Place, requestFor, silentPrompter } from "./run-playbook.ts";

/*
 * A controller is killed, or loses its link, before or behind each single step of a move that goes forward, is rolled back, or goes
 * back. Whoever then types what `status` names comes to its end, and nothing is left on the hosts.
 */

/** Told of each line of a journal before it is written. */
const disk = vi.hoisted(() => ({ before: () => {} }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    writeSync: (descriptor: number, bytes: Uint8Array) => {
      disk.before();
      return fs.writeSync(descriptor, bytes);
    },
    writeFileSync: (path: string, text: string, options: object) => {
      if (!path.endsWith("state.json.new")) fs.writeFileSync(path, text, options);
    },
    renameSync: (from: string, to: string) => {
      if (!from.endsWith("state.json.new")) fs.renameSync(from, to);
    },
    fsync: (_descriptor: number, done: (error: null) => void) => setImmediate(done, null),
    fsyncSync: () => {},
  };
});

afterEach(() => {
  disk.before = () => {};
});

const latch = (name: string, state = "set", when = "") =>
  `{ name: ${name} ${state}, latch: { name: ${name}, state: ${state}${name === "new-opened" && state === "set" ? ", unproven: true" : ""} }${when === "" ? "" : `, when: ${when}`} }`;
const task = (what: string, when = "") =>
  `{ name: ${what}, command: do ${what}${when === "" ? "" : `, when: ${when}`} }`;
const play = (hosts: string, ...tasks: readonly string[]) =>
  `{ hosts: ${hosts}, gather_facts: false, tasks: [${tasks.join(", ")}] }`;

/** The stages of a mail server's move, as the playbooks of this project have them. */
const yaml = `name: example
stages:
  - { name: preflight, plays: [${play("new", task("look"))}] }
  - name: prepare
    requires: [preflight]
    plays: [${play("new", task("close"))}]
    rollback: [${play("new", task("reopen"))}]
  - { name: hot-copy, requires: [prepare], plays: [${play("new", task("copy", "'!latches.new_opened'"))}] }
  - name: cutover
    requires: [preflight, prepare, hot-copy]
    confirm: "{{old_host}} stops"
    plays:
      - ${play("old", latch("old-frozen", "set", "'!latches.new_opened'"), task("freeze", "'!latches.new_opened'"))}
      - ${play("new", task("prove", "'!latches.new_opened'"), latch("new-opened"), task("serve"), latch("new-serving"))}
    rollback: [${play("old", task("thaw"), latch("old-frozen", "lifted"), task("deliver"))}]
  - { name: verify, requires: [cutover], plays: [${play("new", task("verify"))}] }
  - { name: finish, requires: [verify], plays: [${play("old", task("finish"))}, ${play("new", task("bounce"))}] }
  - name: back
    confirm: "{{new_host}} stops"
    undoes: [hot-copy, cutover, verify, finish]
    plays:
      - ${play("new", latch("new-frozen", "set", "latches.new_opened"), task("stop", "latches.new_opened"))}
      - ${play("old", task("merge", "latches.new_opened"), "{ name: all is back, mail_merge_proof: { from: beta, path: /var/vmail }, when: latches.new_opened }")}
      - ${play("new", latch("new-opened", "lifted"))}
      - ${play("old", task("thaw"), latch("old-frozen", "lifted"))}
      - ${play("new", task("drain"), latch("new-frozen", "lifted"))}
    rollback: [${play("new", task("start"), latch("new-frozen", "lifted"))}]
`;

type Command = readonly [word: "run" | "rollback", stage: string];

const runs = (...stages: readonly string[]): readonly Command[] => stages.map((stage) => ["run", stage]);

interface Journey {
  /** What went well before. */
  readonly before: readonly Command[];
  /** What is typed then. */
  readonly commands: readonly Command[];
  /** What fails the first time it is tried. */
  readonly fails?: string;
}

const journeys: Readonly<Record<string, Journey>> = {
  forward: { before: [], commands: runs("preflight", "prepare", "hot-copy", "cutover", "verify", "finish") },
  "rolled back": {
    before: runs("preflight", "prepare", "hot-copy"),
    commands: [...runs("cutover"), ["rollback", "cutover"], ["rollback", "prepare"]],
    fails: "prove",
  },
  back: {
    before: runs("preflight", "prepare", "hot-copy", "cutover", "verify", "finish"),
    commands: runs("back"),
  },
  "back, taken back": {
    before: runs("preflight", "prepare", "hot-copy", "cutover"),
    commands: [...runs("back"), ["rollback", "back"]],
    fails: "merge",
  },
};

/** What befalls the controller: it is killed before the step, or the link is lost before or behind it. */
type Fault = "killed" | "lost before" | "lost behind";

function makeWorld(fails: string | undefined): Place {
  const place = makePlace();
  let hasFailed = false;
  for (const host of [place.hosts.alpha, place.hosts.beta]) {
    host.answer(["do"], ({ argv }) => {
      if (argv[1] !== fails || hasFailed) return "";
      hasFailed = true;
      return { exitCode: 1 };
    });
    const listed =
      "mailferry: find ended with 0\nmailferry: sed ended with 0\nmailferry: sort ended with 0\n";
    host.answer(["sh", "-c"], ({ argv }) =>
      argv[2]?.includes("%P//%s")
        ? { stdout: "a/Maildir//1.x//cur//:2,S//3\0Z0\0", stderr: listed }
        : undefined,
    );
  }
  return place;
}

/** What a fault does at each step that outlasts the controller: on the disk (no host), or on a host. */
type Watch = (step: "disk" | "host") => "go" | "dead" | "before" | "behind";

function watched(place: Place, watch: Watch): Connect {
  const connect = connectTo(place);
  return async (spec, ...more) => {
    const connection = await connect(spec, ...more);
    return {
      ...connection,
      as: async (...become) => {
        const host = await connection.as(...become);
        return new Proxy(host, {
          get(target, word) {
            const value: unknown = Reflect.get(target, word);
            if (typeof value !== "function") return value;
            if (word !== "run" && word !== "writeFile") return value.bind(target);
            return async (...given: Parameters<HostWriter["run"]>) => {
              const fate = watch("host");
              if (fate === "dead") throw new Unreachable("the controller is dead");
              if (fate === "before") throw new OutcomeUnknown("the link was lost");
              const result: unknown = await value.apply(target, given);
              if (fate === "behind") throw new OutcomeUnknown("the link was lost");
              return result;
            };
          },
        });
      },
    };
  };
}

async function type(
  [word, stage]: Command,
  project: RunRequest,
  more: Pick<RunRequest, "stateDirectory" | "connect"> & { readonly resume?: boolean },
): Promise<string> {
  const prompter = { ...silentPrompter, typed: async () => true };
  const request = {
    ...project,
    ...more,
    stage,
    rollback: word === "rollback",
    prompter,
    onFailure: "stop" as const,
  };
  try {
    const { result, failures } = await runStage(request);
    return [result, ...failures.map(({ message }) => message)].join(": ");
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : error}`;
  }
}

const readCommand = (text: string): Command => {
  const [, word, stage] = /^mailferry (run|rollback) .*--stage (\S+)$/.exec(text) ?? [];
  return [word as Command[0], stage ?? ""];
};

/** Types what status names until there is nothing left; gives back what went wrong. */
async function follow(
  place: Place,
  stateDirectory: string,
  project: RunRequest,
  resume: boolean,
): Promise<string[]> {
  const typed: string[] = [];
  const given = { playbook: "p.yml", inventory: ["i.yml"] };
  for (let count = 0; count < 20; count++) {
    const state = readState(stateDirectory);
    const next = nextStep(project.playbook, state, given, new Date());
    const isKilled = stateDirectoryHolder(stateDirectory) !== undefined;
    const { command } = isKilled ? nextAfterKill(next, project.playbook, given) : next;
    if (command === undefined) return leftOver(place, stateDirectory);
    const [word, stage] = readCommand(command);
    const mayResume = resume && word === "run" && state.unfinishedStage === stage;
    const ended = await type([word, stage], project, {
      stateDirectory,
      connect: connectTo(place),
      resume: mayResume,
    });
    typed.push(`${word} ${stage}: ${ended}`);
    if (ended !== "done" && !ended.startsWith("failed: do ended")) return typed;
  }
  return ["no end", ...typed];
}

function leftOver({ hosts: { alpha, beta } }: Place, stateDirectory: string): string[] {
  const marks = [alpha, beta].flatMap(({ tree }) =>
    latchNames.filter((name) => tree.read(`/var/lib/mailferry/latches/${name}`) !== undefined),
  );
  const locks = [alpha, beta].filter(({ tree }) => tree.read("/var/lib/mailferry/lock") !== undefined);
  const known = Object.keys(readState(stateDirectory).latches);
  const wanted = ["new-opened", "new-serving", "old-frozen"].join();
  return [
    ...locks.map(({ name }) => `a lock on ${name}`),
    ...[marks, known].flatMap((set) => (set.toSorted().join() === wanted ? [] : [`latches: ${set.join()}`])),
  ];
}

/** Lets the n-th step go wrong; undefined when there are not so many. */
async function faultAt(
  n: number,
  name: string,
  fault: Fault,
  resume: boolean,
): Promise<string[] | undefined> {
  const { before, commands, fails } = journeys[name] as Journey;
  const place = makeWorld(fails);
  const project = await requestFor(place, yaml, { breakLock: true });
  for (const command of before)
    await type(command, project, { stateDirectory: place.stateDirectory, connect: connectTo(place) });
  const kept = join(temporaryDirectory(), "state");
  let steps = 0;
  let isDead = false;
  const watch: Watch = (step) => {
    if (isDead) return "dead";
    if (step === "disk" && fault !== "killed") return "go";
    if (steps++ !== n) return "go";
    if (fault !== "killed") return fault === "lost before" ? "before" : "behind";
    isDead = true;
    cpSync(place.stateDirectory, kept, { recursive: true });
    return "dead";
  };
  disk.before = () => void watch("disk");
  let stateDirectory = place.stateDirectory;
  for (const command of commands) {
    await type(command, project, { stateDirectory, connect: watched(place, watch) });
    if (isDead) stateDirectory = kept;
    if (steps > n) break;
  }
  disk.before = () => {};
  return steps > n ? follow(place, stateDirectory, project, resume) : undefined;
}

/** Resuming passes over what is done: the same journeys once more would show nothing new where nothing is resumed. */
const all: readonly (readonly [Fault, resume: boolean])[] = [
  ["killed", false],
  ["killed", true],
  ["lost before", false],
  ["lost behind", false],
];

describe.each(Object.keys(journeys))("a move that goes %s", (name) => {
  const faults = all.filter(([, resume]) => !resume || ["forward", "back"].includes(name));
  test.each(faults)(
    "is %s each step (resumed: %s), and comes to its end as status says",
    async (fault, resume) => {
      const wrong: Record<string, readonly string[]> = {};
      let n = 0;
      for (; ; n++) {
        const found = await faultAt(n, name, fault, resume);
        if (found === undefined) break;
        if (found.length > 0) wrong[`step ${n}`] = found;
      }
      expect(n).toBeGreaterThan(15);
      expect(wrong).toEqual({});
    },
    600_000,
  );
});
