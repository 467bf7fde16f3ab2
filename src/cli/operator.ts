import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import type { Operator } from "../engine/request.ts";
import { loginName } from "../transport/login-name.ts";
import type { Surroundings } from "./surroundings.ts";

/** Who runs this process. With sudo it is the person, not root. */
export function describeOperator(environment: Surroundings["environment"]): Operator {
  return {
    user: environment.SUDO_USER ?? loginName() ?? environment.USER ?? "unknown",
    uid: process.geteuid?.(),
    hostname: hostname(),
    machineId: machineId(),
    pid: process.pid,
  };
}

/** What tells this controller from others: systemd's machine-id, or a hash of the name where there is none. */
function machineId(): string {
  for (const file of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    const id = readIfThere(file)?.trim();
    if (id !== undefined && /^[0-9a-f]{32}$/.test(id)) return id;
  }
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 32);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
