import type { Problem } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { Task } from "./model.ts";
import type { Notification } from "./reading.ts";
import { problemAt } from "./spot.ts";

/** Names in `notify` that no handler of the play answers to. */
export function checkNotifications(
  notifications: readonly Notification[],
  handlers: readonly Task[],
): Problem[] {
  const known = handlers.flatMap((handler) => [
    ...(handler.name === undefined ? [] : [handler.name]),
    ...handler.listen,
  ]);
  return notifications
    .filter(({ name }) => !known.includes(name) && !name.includes("{{"))
    .map(({ name, spot }) => {
      const listed =
        known.length === 0 ? "this play has no handlers" : `the handlers are ${known.join(", ")}`;
      return problemAt(spot, `unknown handler \`${name}\``, didYouMean(name, known) ?? listed);
    });
}
