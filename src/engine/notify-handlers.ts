import { BadInput } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { renderValue } from "../expression/template.ts";
import { namesOfHandler } from "../language/handler-names.ts";
import type { Task } from "../language/model/task.ts";
import { layersOf } from "./host-variables.ts";
import { levelsFor, type PlayRun } from "./play-run.ts";

/**
 * Puts what a changed task notifies into the journal, so that it survives a crash. A name may be a template. Throws
 * BadInput when no handler answers to it. In check mode the record forgets, and the handlers only foresee. Gives back
 * the names.
 */
export function notifyHandlers(run: PlayRun, task: Task, host: string): string[] {
  return task.notify.map((written) => {
    const handler = written.includes("{{") ? render(run, task, host, written) : written;
    if (!pendingIn(run).includes(`${handler}@${host}`)) run.notified.add(`${handler}@${host}`);
    run.scope.record.add({ type: "handler-notified", handler, host });
    return handler;
  });
}

/**
 * A host that is ended has no handlers run, as in Ansible: what the batch itself notified for it is done with. What an
 * earlier run left behind when it failed is kept.
 */
export function forgetNotified(run: PlayRun, hosts: ReadonlySet<string>): void {
  for (const host of hosts) {
    const names = pendingIn(run).filter((entry) => run.notified.has(entry) && entry.endsWith(`@${host}`));
    const handlers = names.map((entry) => entry.slice(0, -host.length - 1));
    for (const handler of handlers) run.scope.record.add({ type: "handler-done", handler, host });
    if (handlers.length === 0) continue;
    const text = `${host} is ended here: what was notified does not run (${handlers.join(", ")})`;
    run.scope.emit({ type: "notice", host, text });
  }
}

function pendingIn({ scope }: PlayRun): readonly string[] {
  return scope.record.state().pendingHandlers;
}

function render(run: PlayRun, task: Task, host: string, written: string): string {
  const layers = layersOf(task, levelsFor(run, host));
  const name = String(renderValue(written, run.scope.variables.forTask(host, layers), task.place));
  const known = run.handlers.flatMap((handler) => namesOfHandler(handler, run.handlers));
  if (known.includes(name)) return name;
  const hint = didYouMean(name, known) ?? `the handlers are ${known.join(", ")}`;
  throw new BadInput([{ message: `unknown handler \`${name}\``, place: task.place, hint }]);
}
