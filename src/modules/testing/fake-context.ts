import { setMaxListeners } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { JobState } from "../../contract/connection.ts";
import type { DataLinkRequest } from "../../contract/data-link.ts";
import { Refused, Unreachable } from "../../contract/errors.ts";
import type { CommandResult, JobSpec } from "../../contract/host.ts";
import type { Json } from "../../contract/json.ts";
import type { Latches, LatchName } from "../../contract/latch.ts";
import type { ApplyContext } from "../../contract/module.ts";
import type { Progress } from "../../contract/progress.ts";
import type { Prompter } from "../../contract/prompter.ts";
import { temporaryDirectory } from "../../contract/testing/temporary-directory.ts";
import type { FakeHost } from "./fake-host.ts";

export interface FakeContextOptions {
  readonly checkMode?: boolean;
  readonly stage?: string;
  readonly signal?: AbortSignal;
  /** Other hosts, by their names. */
  readonly peers?: readonly FakeHost[];
  /** The names of the hosts of the migration. */
  readonly sides?: FakeContext["sides"];
  /** The latches that are set at the start. */
  readonly latches?: readonly LatchName[];
  /** Mail roots that another wave opened. */
  readonly openedRoots?: readonly string[];
  /** Answers by the question's key; a question without one throws Refused, as without a terminal. */
  readonly answers?: Readonly<Record<string, string | boolean>>;
  /** Text or bytes by "files/NAME" or "templates/NAME". */
  readonly projectFiles?: Readonly<Record<string, string | Buffer>>;
  /** What `renderTemplate` puts for `{{name}}`, and `lookUp` gives. */
  readonly variables?: Readonly<Record<string, Json>>;
  /** What a condition gives. */
  readonly evaluate?: (condition: string) => boolean;
  /** Jobs of async tasks, by their ids. */
  readonly jobs?: Readonly<Record<string, JobState>>;
}

/** The context that a module gets, with what went through it. Its run files live in a directory that goes with the test. */
export interface FakeContext extends ApplyContext {
  readonly notices: string[];
  readonly progressSeen: Progress[];
  readonly outputSeen: string[];
  readonly latchesSet: Set<LatchName>;
  readonly dataLinks: DataLinkRequest[];
  /** Keys of the questions that were asked. */
  readonly asked: string[];
  readonly forgottenJobs: string[];
  /** The jobs that nobody waits for, as they are now. A started one runs until the test says otherwise. */
  readonly jobs: Map<string, JobState>;
  /** What was asked of them to do, by their ids. */
  readonly startedJobs: Map<string, JobSpec>;
}

/** Makes a context for one test. */
export function fakeContext(options: FakeContextOptions = {}): FakeContext {
  const peer = peerFinder(options.peers ?? []);
  const latchesSet = new Set(options.latches);
  const runFiles = runFilesInTemporaryDirectory();
  const notices: string[] = [];
  const progressSeen: Progress[] = [];
  const outputSeen: string[] = [];
  const dataLinks: DataLinkRequest[] = [];
  const asked: string[] = [];
  const forgottenJobs: string[] = [];
  const jobs = new Map(Object.entries(options.jobs ?? {}));
  const startedJobs = new Map<string, JobSpec>();
  return {
    notices,
    progressSeen,
    outputSeen,
    output: (lines) => void outputSeen.push(...lines),
    latchesSet,
    dataLinks,
    asked,
    forgottenJobs,
    jobs,
    startedJobs,
    signal: options.signal ?? endless(),
    checkMode: options.checkMode ?? false,
    migration: "example",
    stage: options.stage ?? "main",
    sides: options.sides ?? { old: [], new: [] },
    latches: { ...latchesIn(latchesSet), openedRoots: async () => options.openedRoots ?? [] },
    prompter: prompterWith(options.answers ?? {}, asked),
    peer: async (name) => peer(name).reader(),
    peerToChange: async (name) => peer(name),
    progress: (progress) => void progressSeen.push(progress),
    notice: (text) => void notices.push(text),
    ...runFiles,
    ...controlFilesInTemporaryDirectory(),
    openDataLink: async (request) => {
      dataLinks.push(request);
      const remoteShell = "ssh -i /var/lib/mailferry/link -o BatchMode=yes";
      const { address } = peer(request.source);
      const remote = `root@${address.includes(":") ? `[${address}]` : address}`;
      return { remoteShell, remote, directory: request.directory };
    },
    workPath: "/var/lib/mailferry",
    workDirectory: async () => "/var/lib/mailferry",
    readProjectFile: async (name, kind) => {
      const content = options.projectFiles?.[`${kind}/${name}`];
      if (content === undefined) throw new Refused(`no file ${kind}/${name}`);
      return Buffer.from(content);
    },
    renderTemplate: (text) =>
      text.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_all, name) => String(options.variables?.[name])),
    readVariables: async (wanted) => {
      const file = wanted.file ?? wanted.dir ?? "";
      return { values: { from: file }, files: [`vars/${file}`] };
    },
    jobState: async (id) => jobs.get(id),
    forgetJob: async (id) => void forgottenJobs.push(id),
    followJob: async (id) => endOf(jobs.get(id), id),
    listJobs: async (prefix) => [...jobs.keys()].filter((id) => id.startsWith(prefix)),
    startJob: async (id, spec) => {
      startedJobs.set(id, spec);
      if (!jobs.has(id)) jobs.set(id, { isRunning: true });
    },
    endJob: async (id, takeAway) => {
      await takeAway();
      jobs.delete(id);
    },
    evaluate: (condition) => {
      if (options.evaluate === undefined) throw new Error(`fake context: nothing evaluates ${condition}`);
      return options.evaluate(condition);
    },
    lookUp: (name) => options.variables?.[name] ?? null,
  };
}

function endOf(state: JobState | undefined, id: string): CommandResult | undefined {
  if (state?.isRunning) throw new Error(`fake context: nobody lets the job ${id} end`);
  return state?.result;
}

/** As the engine hands it over: any number of waits may stand at it. */
function endless(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}

function peerFinder(peers: readonly FakeHost[]): (name: string) => FakeHost {
  return (name) => {
    const found = peers.find((host) => host.name === name);
    if (found === undefined) throw new Unreachable(`no host ${name} in this test`, { host: name });
    return found;
  };
}

function latchesIn(set: Set<LatchName>): Latches {
  return {
    isSet: async (name) => set.has(name),
    setAt: async (name) => (set.has(name) ? "2024-01-01T00:00:00.000Z" : undefined),
    anyOpenedAt: async () => (set.has("new-opened") ? "2024-01-01T00:00:00.000Z" : undefined),
    openedRoots: async () => [],
    set: async (name) => void set.add(name),
    lift: async (name) => void set.delete(name),
  };
}

function prompterWith(answers: NonNullable<FakeContextOptions["answers"]>, asked: string[]): Prompter {
  const answer = (key: string): string | boolean => {
    asked.push(key);
    const given = Object.hasOwn(answers, key) ? answers[key] : undefined;
    if (given === undefined) throw new Refused(`no terminal, and no answer for ${key}`);
    return given;
  };
  return {
    confirm: async ({ key }) => answer(key) === true,
    input: async ({ key }) => String(answer(key)),
    typed: async ({ key, expected }) => answer(key) === expected,
    select: async ({ key }) => String(answer(key)),
  };
}

function runFilesInTemporaryDirectory(): Pick<ApplyContext, "runFile" | "lastRunFile"> {
  let directory: string | undefined;
  const known = new Set<string>();
  const pathOf = async (name: string): Promise<string> => {
    directory ??= temporaryDirectory();
    return join(directory, name);
  };
  return {
    runFile: async (name) => {
      const path = await pathOf(name);
      await mkdir(dirname(path), { recursive: true });
      known.add(name);
      return path;
    },
    lastRunFile: async (name) => (known.has(name) ? pathOf(name) : undefined),
  };
}

/** Relative paths count from a directory that goes with the test. */
function controlFilesInTemporaryDirectory(): Pick<ApplyContext, "controlPath" | "writeControlFile"> {
  let directory: string | undefined;
  return {
    controlPath: (path) => {
      directory ??= temporaryDirectory();
      return resolve(directory, path);
    },
    writeControlFile: async (path, fill) => {
      const pieces: Buffer[] = [];
      await fill((bytes) => void pieces.push(bytes));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, Buffer.concat(pieces));
    },
  };
}
