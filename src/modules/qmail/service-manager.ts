import type { JsonSchema } from "../../contract/json.ts";
import { oneOf } from "../argument-schemas.ts";

/** What starts a service of qmail and keeps it running. */
export type ServiceManager = "daemontools" | "systemd" | "init";

export const managerWord: JsonSchema = oneOf(
  ["daemontools", "systemd", "init"],
  "What runs it: daemontools (`svc`), systemd, or a script in /etc/init.d.",
);

/** daemontools lives in /command, which no login shell of root knows. */
export const daemontoolsPath = 'PATH="$PATH:/usr/local/bin:/command"';
