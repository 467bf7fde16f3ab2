import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Connect, JobHost } from "../../../src/contract/connection.ts";
import { Unreachable } from "../../../src/contract/errors.ts";
import type { HostWriter } from "../../../src/contract/host.ts";
import { temporaryDirectory } from "../../../src/contract/testing/temporary-directory.ts";
import type { RunRequest } from "../../../src/engine/request.ts";
import { runStage } from "../../../src/engine/run-stage.ts";
import { FakeHost } from "../../../src/modules/testing/fake-host.ts";
import { putFiles } from "./project-files.ts";
import { connectTo, makePlace, type Place, requestFor, silentPrompter } from "./run-playbook.ts";

/** Told of each step on the disk before it is taken; a test may end a controller there. */
const disk = vi.hoisted(() => ({ before: (_bytes?: Uint8Array) => {} }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    writeSync: (descriptor: number, bytes: Uint8Array) => {
      disk.before(bytes);
      return fs.writeSync(descriptor, bytes);
    },
    // state.json is derived, and nothing reads it: without it the many runs here take half the time.
    writeFileSync: (path: string, text: string, options: object) => {
      if (!path.endsWith("state.json.new")) fs.writeFileSync(path, text, options);
    },
    renameSync: (from: string, to: string) => {
      if (from.endsWith("state.json.new")) return;
      disk.before();
      fs.renameSync(from, to);
    },
    rmSync: (path: string, options: object) => {
      if (path.endsWith("done.jsonl")) disk.before();
      fs.rmSync(path, options);
    },
    // Whether a line is on the platter makes no difference to a kill.
    fsync: (_descriptor: number, done: (error: null) => void) => setImmediate(done, null),
    fsyncSync: () => {},
  };
});

afterEach(() => {
  disk.before = () => {};
});

/** A project on fake hosts that remember, whatever becomes of the controllers. */
interface World {
  readonly place: Place;
  readonly extra: FakeHost;
  /** What was done, in order: "host: what". */
  readonly done: string[];
}

/** One controller's life. */
interface Life {
  /** Called before each step that outlasts the controller, with what it is. */
  step(what: { readonly host?: string; readonly does?: string; readonly bytes?: string }): void;
  isDead: boolean;
}

const programs = ["do", "token", "fails"];

async function readProject(yaml: string, files: Readonly<Record<string, string>>): Promise<RunRequest> {
  const place = makePlace(["w1", "w2"]);
  putFiles(place, files);
  return requestFor(place, yaml, { breakLock: true });
}

function makeWorld(): World {
  const place = makePlace(["w1", "w2"]);
  const extra = new FakeHost({ name: "extra" });
  const done: string[] = [];
  for (const host of [...place.web.values(), ...Object.values(place.hosts), extra]) {
    let tokens = 0;
    host.tree.put("/srv", { type: "directory" });
    host.answer(["do"], ({ argv }) => `${argv.slice(1).join(" ")} on ${host.name}`);
    host.answer(["token"], () => `token-${++tokens}`);
    host.answer(["fails"], { exitCode: 1, stderr: "it broke" });
    host.answer(["timeout"], ({ argv }) => `job ${argv.slice(3).join(" ")} on ${host.name}`);
  }
  return { place, extra, done };
}

/** Lets a controller run the stage; when it dies, nothing reaches the hosts any more. */
async function live(
  project: RunRequest,
  world: World,
  stateDirectory: string,
  resume: boolean,
  life: Life,
): Promise<string> {
  disk.before = (bytes) => life.step({ bytes: bytes === undefined ? "" : Buffer.from(bytes).toString() });
  const asked: string[] = [];
  const prompter = {
    ...silentPrompter,
    input: async ({ key }: { readonly key: string }) => {
      asked.push(key);
      return `answer-${asked.length}`;
    },
  };
  const connect = mortal(world, life);
  const { result, failures } = await runStage({
    ...project,
    stateDirectory,
    resume,
    connect,
    prompter,
  });
  return failures.length === 0 ? result : `${result}: ${failures.map(({ message }) => message).join("; ")}`;
}

function mortal({ place, extra, done }: World, life: Life): Connect {
  const others = connectTo(place);
  return async (spec, ...more) => {
    const here = spec.name === "extra" ? { ...place, web: new Map([["extra", extra]]) } : place;
    const connection = await (spec.name === "extra" ? connectTo(here) : others)(spec, ...more);
    return { ...connection, as: async (...become) => watched(await connection.as(...become), done, life) };
  };
}

function watched(host: HostWriter & JobHost, done: string[], life: Life): HostWriter & JobHost {
  return new Proxy(host, {
    get(target, word) {
      const value: unknown = Reflect.get(target, word);
      if (typeof value !== "function") return value;
      return async (...given: unknown[]) => {
        const does = deedOf(String(word), given);
        if (does !== undefined) life.step({ host: host.name, does });
        if (life.isDead) throw new Unreachable("the controller is dead");
        if (does !== undefined) done.push(`${host.name}: ${does}`);
        return value.apply(target, given);
      };
    },
  });
}

/** What a call does on the host that a second one would do again. */
function deedOf(word: string, [first, second]: readonly unknown[]): string | undefined {
  if (word === "writeFile") return String(first).startsWith("/srv/") ? `write ${String(first)}` : undefined;
  if (word === "startJob") return `job ${(second as { argv: string[] }).argv.join(" ")}`;
  const argv = word === "run" && Array.isArray(first) ? first.map(String) : [];
  return programs.includes(argv[0] ?? "") ? argv.join(" ") : undefined;
}

/** What is on the hosts in the end. */
function endState({ place, extra }: World): Record<string, string> {
  const found: Record<string, string> = {};
  for (const host of [...place.web.values(), ...Object.values(place.hosts), extra]) {
    for (const [path, { type, content }] of host.tree.entries) {
      if (type === "file" && path.startsWith("/srv/")) found[`${host.name}:${path}`] = String(content);
    }
  }
  return found;
}

/** How often each thing was done. */
function counts(done: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const what of done) counted[what] = (counted[what] ?? 0) + 1;
  return counted;
}

/** Kills a controller before its n-th step, and resumes. Gives back undefined when there are not so many steps. */
async function killAt(n: number, project: RunRequest) {
  const world = makeWorld();
  const { stateDirectory } = world.place;
  const kept = join(temporaryDirectory(), "state");
  /** What hosts did, as long as nothing says so on the disk. */
  const underWay = new Set<string>();
  let steps = 0;
  let at = "";
  const life: Life = {
    isDead: false,
    step({ host, does, bytes = "" }) {
      if (life.isDead) return;
      at = does === undefined ? bytes : `${host}: ${does}`;
      if (steps++ === n) {
        life.isDead = true;
        cpSync(stateDirectory, kept, { recursive: true });
        return;
      }
      if (does !== undefined) underWay.add(at);
      const [, told] = /^\{"task":.*"host":"(\w+)"/.exec(bytes) ?? [];
      // Work that a host had another one do tells in its words whose it is.
      if (told !== undefined) for (const what of underWay) if (what.includes(told)) underWay.delete(what);
    },
  };
  const first = await live(project, world, stateDirectory, false, life);
  if (!life.isDead) return { world, steps, ended: first, at, underWay: [...underWay] };
  const journal = journalIn(kept);
  const ended = journal.includes('"stage-done"')
    ? "done"
    : await live(project, world, kept, journal.includes('"stage-started"'), {
        isDead: false,
        step: () => {},
      });
  return { world, steps: undefined, ended, at, underWay: [...underWay] };
}

function journalIn(directory: string): string {
  const file = join(directory, "journal.jsonl");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

async function killEverywhere(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const project = await readProject(yaml, files);
  const whole = await killAt(Number.POSITIVE_INFINITY, project);
  expect(whole.ended).toBe("done");
  const wanted = counts(whole.world.done);
  const state = endState(whole.world);
  const faults: string[] = [];
  for (let n = 0; n < (whole.steps ?? 0); n++) {
    const { world, ended, at, underWay } = await killAt(n, project);
    const where = `killed before step ${n} (${at.trim()})`;
    if (ended !== "done") faults.push(`${where}: ${ended}`);
    const got = counts(world.done);
    for (const what of new Set([...Object.keys(wanted), ...Object.keys(got)])) {
      const most = (wanted[what] ?? 0) + (underWay.includes(what) ? 1 : 0);
      const count = got[what] ?? 0;
      if (count < (wanted[what] ?? 0))
        faults.push(`${where}: ${what} was done ${count} times of ${wanted[what]}`);
      if (count > most) faults.push(`${where}: ${what} was done ${count} times in place of ${most}`);
    }
    const end = endState(world);
    const isTokenAgain = underWay.some((what) => what.endsWith(": token"));
    if (!isTokenAgain && JSON.stringify(end) !== JSON.stringify(state)) {
      const differing = Object.keys({ ...state, ...end }).filter((key) => state[key] !== end[key]);
      faults.push(
        `${where}: ${differing.map((key) => `${key} is ${end[key]}, not ${state[key]}`).join("; ")}`,
      );
    }
  }
  expect(faults).toEqual([]);
}

describe("a controller killed before any step that outlasts it, and resumed", () => {
  test("registers, sets, includes, loops, and calls handlers as if nothing had happened", async () => {
    const yaml = `- hosts: web
  vars_prompt:
    - { name: word, prompt: Say it, private: false }
  tasks:
    - { name: token, command: token, register: token }
    - { name: fact, set_fact: { word_of: "{{token.stdout}} {{word}}" } }
    - { name: keep, copy: { dest: /srv/token, content: "{{word_of}}" }, notify: told }
    - { name: each, command: "do each {{item}}", loop: [a, b, c], register: each, notify: [plain, heard] }
    - { name: more, include_vars: { file: vars/more.yml } }
    - { name: part, include_tasks: { file: "part-{{item}}.yml" }, loop: [x, y] }
    - { name: inside, include_tasks: { file: fixed.yml }, when: token.stdout.startsWith("token") }
    - { name: flush, meta: flush_handlers }
    - { name: see, copy: { dest: /srv/told, content: "{{told.stdout}} {{more}}" } }
    - { name: once, command: do once, run_once: true, register: once }
    - { name: all see, copy: { dest: /srv/once, content: "{{once.stdout}}" }, notify: plain }
  post_tasks:
    - { name: last, command: do last }
  handlers:
    - { name: plain, command: do plain, notify: second }
    - { name: told, command: do told, register: told }
    - { name: hears, command: do hears, listen: heard }
    - { name: second, command: do second }
- hosts: web
  serial: 1
  roles: [thing, { role: thing }, other]
  tasks:
    - { name: batch, command: "do batch {{each.results.1.stdout}}" }
`;
    await killEverywhere(yaml, {
      "vars/more.yml": 'more: "from {{token.stdout}}"\n',
      "part-x.yml": "- { name: px, command: do px }\n",
      "part-y.yml": "- { name: py, command: do py }\n- { name: pz, set_fact: { pz: set } }\n",
      "fixed.yml": '- { name: fixed, command: "do fixed {{pz}}", notify: plain }\n',
      "roles/thing/tasks/main.yml": "- { name: thing, command: do thing }\n",
      "roles/other/meta/main.yml": "dependencies: [thing]\n",
      "roles/other/tasks/main.yml": "- { name: other, command: do other }\n",
    });
  }, 600_000);

  test("rescues, waits for jobs, adds hosts and ends them as if nothing had happened", async () => {
    const yaml = `- hosts: web
  tasks:
    - name: guarded
      block:
        - { name: before, command: do before }
        - { name: fails, command: "fails {{item}}", loop: [a, b], register: failed }
        - { name: never, command: do never }
      rescue:
        - { name: mend, command: "do mend {{failed_task.name}} {{failed_result.results.0.rc}}", register: mended }
        - name: inner
          block: [{ name: fails too, command: fails inner }]
          rescue: [{ name: mend inner, command: do inner, notify: called }]
          always: [{ name: inner always, command: do inner-always }]
      always:
        - { name: always, copy: { dest: /srv/mended, content: "{{mended.stdout}}" } }
    - { name: ignored, command: fails ignored, ignore_errors: true, register: ignored }
    - { name: start, command: do job, async: 60, poll: 0, register: job }
    - { name: jobs, command: "do job-{{item}}", async: 60, poll: 0, loop: [a, b], register: jobs }
    - { name: waited, command: do waited, async: 60, register: waited }
    - { name: ask, async_status: { jid: "{{job.job_id}}" }, register: asked, until: asked.finished, delay: 0 }
    - name: ask each
      async_status: { jid: "{{item.job_id}}" }
      loop: "{{jobs.results}}"
      loop_control: { label: "{{item.item}}" }
      register: all_asked
    - { name: see, copy: { dest: /srv/job, content: "{{asked.stdout}} {{waited.stdout}} {{ignored.rc}}" } }
    - { name: see each, copy: { dest: /srv/jobs, content: "{{all_asked.results.1.stdout}}" } }
    - { name: elsewhere, command: "do for {{inventory_hostname}}", delegate_to: beta, register: delegated }
    - { name: add, add_host: { name: extra, groups: [grown], carried: "{{delegated.stdout}}" }, run_once: true, notify: called }
    - { name: sort, group_by: { key: "by_{{inventory_hostname}}" } }
  handlers:
    - { name: called, command: do called }
- hosts: grown
  tasks:
    - { name: on the added, command: "do added {{carried}}", async: 60, notify: told }
    - { name: written, copy: { dest: /srv/added, content: "{{carried}}" } }
  handlers:
    - { name: told, command: do told }
- hosts: by_w1,by_w2
  tasks:
    - { name: by group, command: do grouped, notify: dropped }
    - { name: end, meta: end_host, when: inventory_hostname == "w1" }
    - { name: behind, command: do behind }
  handlers:
    - { name: dropped, command: do dropped }
- hosts: web
  handlers:
    - { name: dropped, command: do dropped-later }
  tasks:
    - { name: last, command: do last }
`;
    await killEverywhere(yaml);
  }, 600_000);

  test("with each host at its own pace", async () => {
    const yaml = `- hosts: web
  strategy: free
  tasks:
    - { name: a, command: "do {{item}}", loop: [a, b], register: a, when: 'inventory_hostname == "w1" || item == "a"' }
    - { name: b, include_tasks: part.yml, when: inventory_hostname == "w2" }
    - { name: c, command: do c, notify: called }
    - { name: d, copy: { dest: /srv/d, content: "{{a.results.0.stdout}}" }, notify: called }
  handlers:
    - { name: called, command: do called, register: called }
`;
    await killEverywhere(yaml, {
      "part.yml": "- { name: p, command: do p }\n- { name: q, command: do q }\n",
    });
  }, 600_000);
});
