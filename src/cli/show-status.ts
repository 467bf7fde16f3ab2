import { Failure } from "../contract/errors.ts";
import { isAlive, type LockHolder, stateDirectoryHolder } from "../engine/lock.ts";
import { readState } from "../engine/record.ts";
import type { Line } from "../report/line.ts";
import { createConnect } from "../transport/connect.ts";
import type { CommandContext } from "./context.ts";
import { homeDirectory } from "./home-directory.ts";
import { lookAtHosts } from "./live-hosts.ts";
import { loadProject } from "./load-project.ts";
import { requireDomains, requireSameMigration } from "./migration.ts";
import { nextAfterKill, nextStep, nextStepLines } from "./next-step.ts";
import { listedDomains } from "./next-wave.ts";
import { describeOperator } from "./operator.ts";
import type { MigrationOptions } from "./options.ts";
import { printLines } from "./print-lines.ts";
import { entryLine, formatTime, stateLines } from "./state-lines.ts";
import { ttlFinding } from "./ttl-finding.ts";
import { waveLines } from "./wave-lines.ts";

export interface StatusOptions extends MigrationOptions {
  readonly offline?: boolean | undefined;
  /** How many percent of the domains the next wave shall have. */
  readonly share?: number | undefined;
}

/** `status`: the journal's word, what the hosts say at this moment, and the command that comes next. */
export async function showStatus(
  playbookGiven: string,
  options: StatusOptions,
  context: CommandContext,
): Promise<number> {
  const { environment } = context.surroundings;
  const { playbook, inventory, migration } = await loadProject(playbookGiven, options, context);
  if (playbook.movesDomains && migration.wave === undefined) {
    const listed = listedDomains(inventory);
    if (options.share !== undefined && listed === undefined) throw noList(inventory.file);
    const [firstStage = ""] = playbook.stages.map(({ name }) => name);
    const given = { playbookGiven, options, firstStage, listed, share: options.share };
    printLines(waveLines(migration, given), context, "stdout");
    return 0;
  }
  requireDomains(playbook, migration);
  if (options.share !== undefined) {
    throw new Failure("bad-input", "a share is of the domains that are still to be moved", {
      next: "--share goes with a playbook that moves one domain at a time (ispmail-waves), and without --domains.",
    });
  }
  const state = readState(migration.stateDirectory);
  requireSameMigration(state, { playbook: playbook.file, inventory: inventory.file }, migration);
  const now = new Date();
  const show = (lines: readonly Line[]) => printLines(lines, context, "stdout");

  const holder = stateDirectoryHolder(migration.stateDirectory);
  const { machineId } = describeOperator(environment);
  const ttls = await ttlFinding(migration.stateDirectory, now);
  show([
    { tone: "strong", text: `Migration ${migration.name}` },
    ...(migration.wave === undefined ? [] : [entryLine("domains", migration.wave.domains.join(", "))]),
    ...stateLines(playbook, state, now),
    ...(ttls === undefined ? [] : [entryLine("dns", ttls)]),
    entryLine("lock", describeLock(holder, machineId, now)),
  ]);
  if (!options.offline) {
    const connect = createConnect({ environment, homeDirectory: homeDirectory(environment) });
    show([
      { tone: "strong", text: "Hosts" },
      ...(await lookAtHosts(inventory, connect, {
        now,
        openedAt: state.latches["new-opened"],
        domains: migration.wave?.domains,
      })),
    ]);
  }
  const given = {
    playbook: playbookGiven,
    inventory: options.inventory,
    stateDir: options.stateDir,
    domains: options.domains,
  };
  const next = nextStep(playbook, state, given, now);
  const isKilled = holder !== undefined && !isAlive(holder, { machineId });
  const told = isKilled ? nextAfterKill(next, playbook, given) : next;
  show([{ tone: "plain", text: "" }, ...nextStepLines(told)]);
  return 0;
}

function noList(inventory: string): Failure {
  return new Failure("bad-input", `${inventory} has no list of the domains that a share could be taken of`, {
    next: "List all of them in mail_domains, as `mailferry init OLD NEW` does; or name some: --domains example.org",
  });
}

/** Who holds a lock, in a few words. */
function describeLock(holder: LockHolder | undefined, machineId: string, now: Date): string {
  if (holder === undefined) return "free";
  const gone = isAlive(holder, { machineId }) ? "" : "; that process is gone, and the next run takes over";
  return `${holder.user} on ${holder.hostname}, process ${holder.pid}, since ${formatTime(holder.since, now)}${gone}`;
}
