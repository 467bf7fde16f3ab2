import { isIP } from "node:net";
import { dirname } from "node:path";
import type { Json, JsonObject } from "../contract/json.ts";
import { latchNames } from "../contract/latch.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { RoleScope } from "../language/model/role.ts";
import type { RunRequest } from "./request.ts";
import type { OtherWave } from "./waves.ts";

/** What the run itself knows: the same for all hosts. */
export function namesOfRun(
  request: RunRequest,
  runId: string,
  latches: Partial<Record<string, string>>,
  otherWaves: readonly OtherWave[],
): JsonObject {
  const own = request.wave?.domains ?? [];
  const others = otherWaves
    .filter(({ openedAt }) => openedAt !== undefined)
    .flatMap(({ domains }) => domains);
  return {
    control: "control",
    stage: request.stage,
    check_mode: request.checkMode,
    migration: request.migration,
    run_id: runId,
    playbook_dir: request.playbook.file.replace(/\/[^/]*$/, ""),
    latches: Object.fromEntries(
      latchNames.map((name) => [name.replaceAll("-", "_"), latches[name] !== undefined]),
    ),
    wave_domains: [...own],
    wave_name: request.wave?.name ?? "",
    opened_domains: [...others, ...(latches["new-opened"] === undefined ? [] : own)],
  };
}

/** `old_host`, `new_address` and so on: the two sides by name, where each has exactly one host. */
export function sidesOf(inventory: Inventory): JsonObject {
  const sides: Record<string, Json> = { groups: Object.fromEntries(inventory.groups) };
  for (const side of ["old", "new"]) {
    const [name, ...others] = inventory.groups.get(side) ?? [];
    const host = name === undefined || others.length > 0 ? undefined : inventory.hosts.get(name);
    if (host === undefined) continue;
    sides[`${side}_host`] = host.name;
    sides[`${side}_address`] = host.spec.address;
  }
  return sides;
}

/** What a host is called, and where. */
export function namesOfHost(name: string, inventory: Inventory): JsonObject {
  const host = inventory.hosts.get(name);
  // What an executable told stands in no file, but the executable is one.
  const file = (host?.place.file ?? inventory.file).replace(/ --list$/, "");
  return {
    inventory_hostname: name,
    inventory_hostname_short: isIP(name) === 0 ? (name.split(".")[0] ?? name) : name,
    group_names: (host?.groups ?? []).filter((group) => group !== "all").toSorted(),
    inventory_file: file,
    inventory_dir: dirname(file),
  };
}

/** Where a task stands. */
export function placeOf(playHosts: readonly string[] | undefined, role: RoleScope | undefined): JsonObject {
  return {
    ...(playHosts === undefined ? {} : { play_hosts: playHosts }),
    ...(role === undefined ? {} : { role_name: role.name, role_path: role.directory }),
  };
}
