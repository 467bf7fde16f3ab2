import type { Problem } from "../../contract/errors.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";
import { namesOfHandler } from "../handler-names.ts";
import type { Task } from "../model/task.ts";
import type { Notification } from "../reading.ts";
import { problemAt } from "../yaml/spot.ts";

/** Names in `notify` that no handler of the play answers to. */
export function checkNotifications(
  notifications: readonly Notification[],
  handlers: readonly Task[],
): Problem[] {
  const known = [...new Set(handlers.flatMap((handler) => namesOfHandler(handler, handlers)))];
  return notifications
    .filter(({ name }) => !known.includes(name) && !name.includes("{{"))
    .map(({ name, spot }) => {
      const listed =
        known.length === 0 ? "this play has no handlers" : `the handlers are ${known.join(", ")}`;
      return problemAt(spot, `unknown handler \`${name}\``, didYouMean(name, known) ?? listed);
    });
}

/** A handler is found by its name as it is written: a template would never be found. */
export function checkHandlerNames(handlers: readonly Task[]): Problem[] {
  return handlers
    .filter(({ name, listen }) => name?.includes("{{") && listen.length === 0)
    .map(({ place }) => ({
      message: "the name of a handler can't be a template: no `notify` would find it",
      place,
      hint: "write a fixed name, or a topic in `listen`",
    }));
}

/** Handlers of the play itself that no task notifies: a slip in a name, or left behind. Those of roles serve several entry points. */
export function warnOfUnused(notifications: readonly Notification[], own: readonly Task[]): Problem[] {
  const notified = notifications.map(({ name }) => name);
  if (notified.some((name) => name.includes("{{"))) return [];
  return own
    .filter(
      ({ name, listen }) =>
        ![...(name === undefined ? [] : [name]), ...listen].some((one) => notified.includes(one)),
    )
    .map(({ name, module, place }) => ({
      message: `nothing notifies the handler \`${name ?? module}\``,
      place,
      hint:
        name === undefined
          ? "give it a name, and `notify` that"
          : `write \`notify: ${name}\` at a task, or take it out`,
      severity: "warning" as const,
    }));
}
