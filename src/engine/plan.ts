import { BadInput, Failure, type Problem } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { renderValue } from "../expression/template.ts";
import type { Inventory, Play, Playbook, Stage } from "../language/model.ts";
import type { PlannedPlay } from "./play.ts";

/** Finds a stage by its name. Throws BadInput that lists the stages. */
export function stageOf(playbook: Playbook, name: string): Stage {
  const stage = playbook.stages.find((candidate) => candidate.name === name);
  if (stage !== undefined) return stage;
  throw new Failure("bad-input", `${playbook.file} has no stage "${name}"`, {
    next: `Its stages are: ${playbook.stages.map((candidate) => candidate.name).join(", ")}.`,
  });
}

/** The plays of a stage with their hosts, in order. */
export function planPlays(
  plays: readonly Play[],
  inventory: Inventory,
  variables: Variables,
  limit?: string,
): PlannedPlay[] {
  const allowed = limit === undefined ? undefined : new Set(limitedTo(inventory, limit));
  return plays.map((play) => {
    const pattern = String(renderValue(play.hosts.text, variables, play.hosts.place));
    const hosts = hostsMatching(inventory, pattern, (message) => {
      throw new BadInput([{ message, place: play.hosts.place, hint: knownNames(inventory) }]);
    });
    return { play, hosts: allowed === undefined ? hosts : hosts.filter((host) => allowed.has(host)) };
  });
}

function limitedTo(inventory: Inventory, limit: string): readonly string[] {
  return hostsMatching(inventory, limit, (message) => {
    throw new BadInput([{ message: `--limit: ${message}`, hint: knownNames(inventory) } satisfies Problem]);
  });
}

/** The hosts of a pattern: names of hosts and groups, with commas or colons between; `!name` takes away, `&name` keeps only. */
export function hostsMatching(
  inventory: Inventory,
  pattern: string,
  fail: (message: string) => never,
): readonly string[] {
  let hosts: string[] = [];
  for (const word of pattern.split(/[,:]/).map((part) => part.trim())) {
    if (word === "") continue;
    const named = membersOf(inventory, word.replace(/^[!&]/, ""), fail);
    if (word.startsWith("!")) hosts = hosts.filter((host) => !named.includes(host));
    else if (word.startsWith("&")) hosts = hosts.filter((host) => named.includes(host));
    else hosts = [...hosts, ...named.filter((host) => !hosts.includes(host))];
  }
  if (hosts.length === 0) fail(`"${pattern}" matches no host`);
  return hosts;
}

function membersOf(inventory: Inventory, name: string, fail: (message: string) => never): readonly string[] {
  return (
    inventory.groups.get(name) ??
    (inventory.hosts.has(name) ? [name] : fail(`there is no host or group "${name}"`))
  );
}

function knownNames(inventory: Inventory): string {
  return `Groups: ${[...inventory.groups.keys()].join(", ")}. Hosts: ${[...inventory.hosts.keys()].join(", ")}.`;
}
