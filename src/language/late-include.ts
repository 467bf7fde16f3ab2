import { BadInput } from "../contract/errors.ts";
import { isTemplate } from "../expression/template.ts";
import { checkLateDeletes } from "./checks/check-deletes.ts";
import { checkNotifications } from "./checks/check-notifications.ts";
import { checkTask } from "./checks/check-safety.ts";
import { checkLateNodes } from "./checks/check-task-names.ts";
import { tasksIn } from "./checks/known-names.ts";
import type { LateInclude, LatePart, TaskNode } from "./model/task.ts";
import { sortProblems } from "./problems.ts";
import type { PlayNotes, Reading, TaskScope } from "./reading.ts";
import { problemAt, type Spot, sourceAt } from "./yaml/spot.ts";

/** How many includes may be in each other, when what they name is only known during the run. */
const deepest = 50;

/** Whether a name is known only when a host comes to it. */
export function isLate(name: Spot | undefined): boolean {
  return name !== undefined && isTemplate(name.value);
}

type Read = (names: readonly Spot[], scope: TaskScope, reading: Reading) => Promise<TaskNode[]>;

/** What an include names by templates: read by the rendered names, once for each, by the same reader as all the rest. */
export function readLate(
  names: readonly Spot[],
  scope: TaskScope,
  reading: Reading,
  read: Read,
): LateInclude {
  scope.play.lateIncludes.push(...names);
  const known = new Map<string, Promise<LatePart>>();
  return {
    names: names.map(sourceAt),
    read(rendered) {
      const key = JSON.stringify(rendered);
      const part = known.get(key) ?? readPart(names, rendered, scope, reading.anew(), read);
      known.set(key, part);
      return part;
    },
  };
}

async function readPart(
  names: readonly Spot[],
  rendered: readonly string[],
  scope: TaskScope,
  reading: Reading,
  read: Read,
): Promise<LatePart> {
  const spots = names.map((name, index) => ({ ...name, value: rendered[index] ?? name.value }));
  const before = scope.play.roleHandlers;
  const notes: PlayNotes = {
    ...scope.play,
    ...{ notifications: [], roleHandlers: new Map(before), publicRoles: [], lateIncludes: [] },
  };
  const [playbook = ""] = scope.stack;
  const inside = { ...scope, depth: scope.depth + 1, stack: [playbook], play: notes };
  if (inside.depth > deepest) throw new BadInput(spots.slice(0, 1).map(tooDeep));
  const nodes = await read(spots, inside, reading);
  const problems = [
    ...reading.problems,
    ...checkLateNodes(nodes, playbook, reading.modules),
    ...nodes.flatMap(tasksIn).flatMap(checkTask),
    ...checkLateDeletes(nodes, scope.play, reading.inventory),
  ];
  const errors = problems.filter(({ severity }) => severity !== "warning");
  if (errors.length > 0) throw new BadInput(sortProblems(errors));
  const fresh = [...notes.roleHandlers].filter(([role]) => !before.has(role));
  return {
    nodes,
    handlers: fresh.flatMap(([, handlers]) => handlers),
    check: (handlers) => checkNotifications(notes.notifications, handlers),
  };
}

function tooDeep(spot: Spot) {
  const hint = "give the include a `when` that ends it";
  return problemAt(spot, `includes are more than ${deepest} deep in each other`, hint);
}
