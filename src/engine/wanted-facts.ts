import type { WantedFacts } from "../contract/connection.ts";
import type { RunRequest } from "./request.ts";

/**
 * Which facts the run may read. The versions of programs, the network and what is mounted take longer to find out than
 * all else, and few playbooks ask for them: they are left out when nothing that is rendered or evaluated speaks of facts, and nothing is read later that might.
 */
export function wantedFacts({ playbook, stage, inventory }: RunRequest): WantedFacts {
  const { plays, rollback, confirm } = playbook.stages.find(({ name }) => name === stage) ?? {};
  const variables = [...inventory.hosts.values()].map((host) => host.variables);
  return { allFacts: mayRead([playbook.vars, plays, rollback, confirm, variables], new Set()) };
}

function mayRead(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value === "string") return /\b(facts|versions)\b/.test(value);
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  // Roles and values are shared by many tasks.
  seen.add(value);
  if (Array.isArray(value)) return value.some((entry) => mayRead(entry, seen));
  if (readsLater(value)) return true;
  return Object.entries(value).some(([key, entry]) => mayRead(key, seen) || mayRead(entry, seen));
}

/** A task whose text stands in a file that is read when the task is run; the inventory read anew; `vars_files` and includes with variables in their names. */
function readsLater(node: object): boolean {
  const { kind, module, action, candidates, values, late } = node as Readonly<Record<string, unknown>>;
  if (candidates !== undefined) return values === undefined;
  if (late !== undefined) return true;
  if (kind === undefined) return false;
  if (!staticKinds.has(kind) || action === "refresh_inventory") return true;
  return typeof module === "string" && /^template$|^include_/.test(module);
}

const staticKinds: ReadonlySet<unknown> = new Set(["task", "block", "meta"]);
