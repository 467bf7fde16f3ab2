import type { Play, Task } from "../language/model.ts";
import type { Fall } from "./play.ts";
import type { RunScope } from "./scope.ts";

/**
 * Runs the handlers that were notified, in the order they are defined. What was notified before a
 * failure or a crash stands in the journal and runs at the end of the next run of the play.
 */
export async function runHandlers(
  scope: RunScope,
  play: Play,
  hosts: ReadonlySet<string>,
  runOn: (task: Task, host: string) => Promise<Map<string, Fall>>,
): Promise<Map<string, Fall>> {
  const failed = new Map<string, Fall>();
  for (const handler of play.handlers) {
    for (const host of hosts) {
      const heard = notificationsFor(scope, handler, host);
      if (heard.length === 0 || failed.has(host)) continue;
      for (const [name, fall] of await runOn(handler, host)) failed.set(name, fall);
      if (!failed.has(host))
        for (const name of heard) scope.record.add({ type: "handler-done", handler: name, host });
    }
  }
  return failed;
}

function notificationsFor(scope: RunScope, handler: Task, host: string): string[] {
  const pending = scope.record.state().pendingHandlers;
  return [handler.name ?? "", ...handler.listen].filter((name) => pending.includes(`${name}@${host}`));
}
