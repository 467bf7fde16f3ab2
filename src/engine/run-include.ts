import { BadInput } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import type { Outcome } from "../contract/outcome.ts";
import { renderValue } from "../expression/template.ts";
import type { Block, Gate, TaskNode } from "../language/model/task.ts";
import { outcomeOf } from "./attempt.ts";
import { isChosen } from "./choose-tags.ts";
import { forAllItems, skippedBy } from "./conditions.ts";
import { layersOf } from "./host-variables.ts";
import { knownLater } from "./known-later.ts";
import { type Departures, levelsFor, type PlayRun, remaining, stopsAll } from "./play-run.ts";
import { count } from "./progression.ts";
import { taskEvents } from "./task-events.ts";
import { itemsOf, pauseBetween } from "./task-loop.ts";
import { wordsFor } from "./words-for.ts";

/** An include with its gate. */
export type Include = Block & { readonly gate: Gate };

/** One way of a host into an include: with the item of a loop, and the names that its templates gave. */
interface Entry {
  readonly items: JsonObject;
  readonly names: readonly string[];
}

type RunInside = (block: Block, hosts: ReadonlySet<string>) => Promise<Departures>;

/**
 * Goes into an include with the hosts that its own words let in; in a loop once per item. Hosts with the same item and
 * the same names go together, as in Ansible.
 */
export async function runInclude(
  run: PlayRun,
  include: Include,
  hosts: ReadonlySet<string>,
  inside: RunInside,
): Promise<Departures> {
  const { gate } = include;
  const gone: Departures = new Map();
  if (!isChosen([...include.tags, ...gate.tags], run.scope.request)) return gone;
  const entries = new Map([...hosts].map((host) => [host, entriesOf(run, include, host, gone)]));
  const rounds = Math.max(0, ...[...entries.values()].map(({ length }) => length));
  for (let round = 0; round < rounds; round++) {
    const alive = [...remaining(hosts, gone)];
    const [first] = alive;
    if (first === undefined) break;
    if (round > 0 && gate.loop !== undefined) {
      await pauseBetween(gate.loop, variablesOf(run, include, first), run.scope.request.signal);
    }
    for (const [entry, members] of togetherIn(alive, entries, round)) {
      const left = await enter(run, include, entry, new Set(members), inside);
      for (const [host, departure] of left) gone.set(host, departure);
      if ([...left.values()].some(stopsAll)) return gone;
    }
  }
  return gone;
}

/** The ways of a host into the include. A fault in its words makes the host leave. */
function entriesOf(run: PlayRun, include: Include, host: string, gone: Departures): Entry[] {
  const { gate } = include;
  try {
    // What stands round the include comes first: with that unmet, its own words may speak of what is not there.
    const before = [...include.when, ...forAllItems(gate.when, gate.loop)];
    const left = skippedBy(before, variablesOf(run, include, host));
    if (left !== undefined) {
      tell(run, include, host, left);
      return [];
    }
    const all =
      gate.loop === undefined
        ? [{}]
        : itemsOf(gate.loop, variablesOf(run, include, host)).map(({ variables }) => variables);
    const entries = all.flatMap((items) => {
      const variables = variablesOf(run, include, host, items);
      const skipped = skippedBy(gate.when, variables);
      if (skipped !== undefined) {
        tell(run, include, host, skipped);
        return [];
      }
      const names = (gate.late?.names ?? []).map(({ text, place }) =>
        String(renderValue(text, variables, place)),
      );
      return [{ items, names }];
    });
    return entries;
  } catch (error) {
    const read = [gate.when, gate.loop?.items, gate.late?.names, gate.vars];
    const later = knownLater(run.scope, host, error, read);
    if (later !== undefined) tell(run, include, host, later);
    else fail(run, include, host, error, gone);
    return [];
  }
}

function variablesOf(run: PlayRun, include: Include, host: string, items: JsonObject = {}) {
  const words = { ...include, includeVars: [...(include.includeVars ?? []), include.gate.vars] };
  return run.scope.variables.forTask(host, layersOf(words, levelsFor(run, host), items));
}

/** The hosts of one round, by what they go in with. */
function togetherIn(
  hosts: readonly string[],
  entries: ReadonlyMap<string, readonly Entry[]>,
  round: number,
): [Entry, string[]][] {
  const groups = new Map<string, [Entry, string[]]>();
  for (const host of hosts) {
    const entry = entries.get(host)?.[round];
    if (entry === undefined) continue;
    const key = JSON.stringify(entry);
    const [, members] = groups.get(key) ?? [entry, []];
    groups.set(key, [entry, [...members, host]]);
  }
  return [...groups.values()];
}

async function enter(
  run: PlayRun,
  include: Include,
  entry: Entry,
  hosts: ReadonlySet<string>,
  inside: RunInside,
): Promise<Departures> {
  const { gate } = include;
  const gone: Departures = new Map();
  try {
    const block = gate.late === undefined ? include.block : await readLate(run, gate.late, entry.names);
    return await inside({ ...include, block, loopItems: { ...include.loopItems, ...entry.items } }, hosts);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    for (const host of hosts) fail(run, include, host, error, gone);
    return gone;
  }
}

async function readLate(
  { handlers }: PlayRun,
  late: NonNullable<Gate["late"]>,
  names: readonly string[],
): Promise<readonly TaskNode[]> {
  const part = await late.read(names);
  handlers.push(...part.handlers.filter(({ id }) => handlers.every((known) => known.id !== id)));
  const problems = part.check(handlers);
  if (problems.length > 0) throw new BadInput(problems);
  return part.nodes;
}

function fail(run: PlayRun, include: Include, host: string, error: unknown, gone: Departures): void {
  const failed = outcomeOf(error, { host, task: include });
  const { ignoreErrors, anyErrorsFatal } = wordsFor(run, include, host);
  const outcome = failed.status === "failed" && ignoreErrors ? { ...failed, ignored: true } : failed;
  tell(run, include, host, outcome);
  if (!("failure" in outcome) || ignoreErrors) return;
  const fatal = anyErrorsFatal ?? false;
  const { failure } = outcome;
  gone.set(host, { how: "failed", task: include, outcome, failure, isHandler: false, fatal });
}

function tell(run: PlayRun, include: Include, host: string, outcome: Outcome): void {
  taskEvents(run.scope, wordsFor(run, include, host), host).finished(outcome);
  count(run.progression, host, outcome);
}
