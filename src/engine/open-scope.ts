import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { RunEvent } from "../contract/events.ts";
import type { Stage } from "../language/model/playbook.ts";
import { type HeldLinks, linksOf } from "./data-links.ts";
import { holdInventory } from "./held-inventory.ts";
import { type HostVariables, holdVariables } from "./host-variables.ts";
import { holdHosts } from "./hosts.ts";
import { type HeldLatches, latchesOf } from "./latches.ts";
import { namesOfRun } from "./magic-variables.ts";
import { openForgetfulRecord, openRecord } from "./record.ts";
import type { RunRequest } from "./request.ts";
import { doneFile } from "./resume.ts";
import { forgetRunFiles, keepRunFiles } from "./run-files.ts";
import type { RunScope } from "./scope.ts";
import { keepProgress } from "./stage-progress.ts";
import { stopsServers } from "./stops-servers.ts";
import type { TaskChoice } from "./task-choice.ts";
import { openTaskClock } from "./task-times.ts";
import { wantedFacts } from "./wanted-facts.ts";
import type { OtherWave } from "./waves.ts";

/** Opens all that the parts of one run share. Nothing is connected yet. */
export function openScope(request: RunRequest, stage: Stage, choice: TaskChoice): RunScope {
  const now = () => new Date();
  const runId = `${now()
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, "")}-${randomBytes(3).toString("hex")}`;
  const open = request.checkMode ? openForgetfulRecord : openRecord;
  const record = open(request.stateDirectory, runId, now);
  const runFiles = request.checkMode
    ? forgetRunFiles(request.stateDirectory)
    : keepRunFiles(request.stateDirectory, runId);
  const emit = (event: RunEvent) => {
    for (const listener of request.listeners) listener(event);
  };
  const inventory = holdInventory(request.inventory, request.reloadInventory);
  // Every host's work listens to the one signal: more than ten of them are no leak.
  setMaxListeners(0, request.signal, request.stopping);
  const wanted = wantedFacts(request);
  const hosts = holdHosts(inventory, request.connect, request.signal, wanted, (host, facts) => {
    held.keep(host, { facts }, "facts");
    emit({ type: "host-connected", host });
  });
  const held = holdVariables(inventory, {
    playbookVars: request.playbook.vars,
    extraVariables: request.extraVariables,
    control: request.control,
    magic: () => namesOfRun(request, runId, record.state().latches, otherWaves),
  });
  const progress = keepProgress({
    file: request.checkMode ? undefined : () => runFiles.place(doneFile),
    holdsSecret: request.holdsSecret ?? (() => false),
    onGoOn: (passed, at) => emit({ type: "notice", text: wordsOfGoingOn(passed, at) }),
  });
  const variables: HostVariables = {
    ...held,
    keep(host, values, level = "set_fact and register") {
      progress.hear(host, values, level);
      held.keep(host, values, level);
    },
  };
  const foreseen = new Map<string, readonly string[]>();
  let otherWaves: readonly OtherWave[] = [];
  let latches: HeldLatches | undefined;
  let links: HeldLinks | undefined;
  const scope: RunScope = {
    request,
    choice,
    runId,
    record,
    progress,
    clock: openTaskClock(now),
    stopsServers: stopsServers(stage),
    runFiles,
    inventory,
    hosts,
    variables,
    emit,
    now,
    foresee: (host, name) => foreseen.set(host, [...(foreseen.get(host) ?? []), name]),
    foreseen: (host) => foreseen.get(host) ?? [],
    latches: () => {
      latches ??= latchesOf(scope);
      return latches;
    },
    otherWaves: () => otherWaves,
    meetWaves: (waves) => {
      otherWaves = waves;
    },
    links: () => {
      links ??= linksOf(scope);
      return links;
    },
  };
  return scope;
}

function wordsOfGoingOn(passed: number, at: string): string {
  if (passed === 0) return `resuming: no task is done; going on at "${at}"`;
  const tasks = passed === 1 ? "1 task that was done is" : `${passed} tasks that were done are`;
  return `resuming: ${tasks} not run again; going on at "${at}"`;
}
