import type { Task } from "./model/task.ts";

/**
 * What a handler answers to: its topics (`listen`); its name, unless a later handler has the same one; and for one of
 * a role `ROLE : NAME`.
 */
export function namesOfHandler(handler: Task, all: readonly Task[]): string[] {
  const { name, listen, role } = handler;
  if (name === undefined) return [...listen];
  const isShadowed = all.findLast((other) => other.name === name) !== handler;
  return [
    ...(isShadowed ? [] : [name]),
    ...(role === undefined ? [] : [`${role.name} : ${name}`]),
    ...listen,
  ];
}
