import { oneOf, oneOrMore, yesOrNo } from "../argument-schemas.ts";

/** What the name of a unit may hold. */
const unitNamePattern = "^[A-Za-z0-9:_.@\\\\][A-Za-z0-9:_.@\\\\-]*$";

/** The arguments that `service` and `systemd` share. */
export const unitWords = {
  name: oneOrMore(
    "A unit, or several that belong together: `[dovecot.socket, dovecot]`. Without a suffix it is a service.",
    unitNamePattern,
  ),
  state: oneOf(
    ["started", "stopped", "restarted", "reloaded"],
    "`reloaded` leaves alone what does not run: it reads its configuration when it starts.",
  ),
  enabled: yesOrNo("Start it when the host boots."),
};
