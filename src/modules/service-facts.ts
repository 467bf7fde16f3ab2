import type { HostReader } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed } from "./argument-schemas.ts";

/** Finds out which services a host has. */
export const serviceFacts = lookingModule<Record<string, never>>({
  name: "service_facts",
  description:
    "Finds out which services there are. `facts.services` is kept, and registered as `services`: by name (`ssh.service`), each with `name`, " +
    "`state` (`running`, `stopped`, `failed`, `unknown`), `status` (`enabled`, `disabled`, `static`, `masked` …) and `source` (`systemd` or `sysv`).",
  args: closed({}),

  async look(_args, host) {
    const services = host.facts.init === "systemd" ? await ofSystemd(host) : await ofSysv(host);
    return { result: { services }, facts: { services } };
  },
});

/** One round trip for the unit files and the units that are loaded, with a line between. */
const systemdScript = `systemctl list-unit-files --type=service --no-legend --no-pager --plain --full || exit
echo --
systemctl list-units --all --type=service --no-legend --no-pager --plain --full`;

async function ofSystemd(host: HostReader): Promise<JsonObject> {
  const { stdout } = await host.probe(["/bin/sh", "-c", systemdScript]);
  const [files = "", units = ""] = stdout.toString("utf8").split(/^--$/m);
  const services = new Map<string, JsonObject>();
  for (const [name = "", status = ""] of rowsOf(files)) {
    services.set(name, { name, state: "unknown", status, source: "systemd" });
  }
  for (const [name = "", load = "", active = "", sub = ""] of rowsOf(units)) {
    const status = services.get(name)?.status ?? (load === "not-found" ? "not-found" : "unknown");
    services.set(name, { name, state: stateOf(active, sub), status, source: "systemd" });
  }
  return Object.fromEntries([...services].sort(([a], [b]) => a.localeCompare(b)));
}

function stateOf(active: string, sub: string): string {
  if (active === "failed") return "failed";
  return active === "active" && sub === "running" ? "running" : "stopped";
}

async function ofSysv(host: HostReader): Promise<JsonObject> {
  const { exitCode, stdout } = await host.probe(["service", "--status-all"], { accept: "any" });
  if (exitCode === 127) return {};
  const rows = [...stdout.toString("utf8").matchAll(/^ \[ ([-+?]) \] {1,2}(\S+)$/gm)];
  const states: Readonly<Record<string, string>> = { "+": "running", "-": "stopped" };
  return Object.fromEntries(
    rows.map(([, mark = "", name = ""]) => {
      return [name, { name, state: states[mark] ?? "unknown", status: "unknown", source: "sysv" }];
    }),
  );
}

function rowsOf(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  // An older systemctl puts a dot before what has failed, --plain or not.
  return lines.map((line) => line.replace(/^[●*○×]?\s*/, "").split(/\s+/));
}
