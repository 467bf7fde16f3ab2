import { randomBytes } from "node:crypto";
import type { RunEvent } from "../contract/events.ts";
import { latchNames } from "../contract/latch.ts";
import { holdVariables } from "./host-variables.ts";
import { holdHosts } from "./hosts.ts";
import { type HeldLatches, latchesOf } from "./latches.ts";
import { openForgetfulRecord, openRecord } from "./record.ts";
import type { RunRequest } from "./request.ts";
import { forgetRunFiles, keepRunFiles } from "./run-files.ts";
import type { RunScope } from "./scope.ts";

/** Opens all that the parts of one run share. Nothing is connected yet. */
export function openScope(request: RunRequest): RunScope {
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
  const hosts = holdHosts(request.inventory, request.connect, request.signal, (host, facts) => {
    variables.keep(host, { facts });
    emit({ type: "host-connected", host });
  });
  const variables = holdVariables(request.inventory, {
    playbookVars: request.playbook.vars,
    extraVariables: request.extraVariables,
    magic: () => magicOf(request, runId, record.state().latches),
  });
  const foreseen = new Map<string, readonly string[]>();
  let latches: HeldLatches | undefined;
  const scope: RunScope = {
    request,
    runId,
    record,
    runFiles,
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
  };
  return scope;
}

function magicOf(request: RunRequest, runId: string, latches: Partial<Record<string, string>>) {
  return {
    control: "control",
    stage: request.stage,
    check_mode: request.checkMode,
    migration: request.migration,
    run_id: runId,
    playbook_dir: request.playbook.file.replace(/\/[^/]*$/, ""),
    latches: Object.fromEntries(
      latchNames.map((name) => [name.replaceAll("-", "_"), latches[name] !== undefined]),
    ),
  };
}
