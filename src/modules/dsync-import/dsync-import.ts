import { writeFile } from "node:fs/promises";
import type { Change } from "../../contract/change.ts";
import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import { absolutePath, closed, oneOf, word, yesOrNo } from "../argument-schemas.ts";
import { listUsers } from "../doveadm/mailbox-users.ts";
import { hasProofFailedSince } from "../failed-proof.ts";
import { openPorts } from "../open-ports.ts";
import { refuseOnOld } from "../refuse-on-old.ts";
import { plainDirectory, portsOpen } from "../rsync-pull/refusals.ts";
import { failedImport, type ImportJob, runImport } from "./import-job.ts";
import { changedAtSource, type SourceHome } from "./source-homes.ts";
import { changedHomes, homeOf, type Places, placesOf } from "./user-homes.ts";
import { type DsyncWords, dsyncWords } from "./words.ts";

export interface DsyncImportArgs extends DsyncWords {
  readonly path: string;
  readonly from?: string;
  readonly source_config?: string;
  readonly mode?: "backup" | "merge";
  readonly adopt?: boolean;
  readonly full?: boolean;
  readonly closed_ports?: readonly number[];
}

export interface DsyncImportChange extends Change, ImportJob {
  /** The run file that tells when the last import was. */
  readonly memory: string;
  /** Directories that changed and belong to no user. */
  readonly orphans: readonly string[];
  /** The configuration of the Dovecot that hands the mailboxes over, where they come straight from another host. */
  readonly sourceConfig: string;
}

const usualConfig = "/etc/dovecot/dovecot.conf";

/** Brings mailboxes from Maildirs, of another host or of a copy here, into the format that this host's Dovecot keeps its mail in. */
export const dsyncImport = changingModule<DsyncImportArgs, DsyncImportChange>({
  name: "dsync_import",
  description:
    "Makes each user's mailbox on this host what it is in a copy of Maildirs, or on another host (`from`), by `doveadm backup -R`, in whatever format Dovecot keeps mail here (dbox, for instance): UIDs, UIDVALIDITY, flags, keywords and subscriptions stay. Only users whose Maildir changed since their last import. Registers `users`, `imported`, `without_mail`, and `orphans`: directories of no user.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The copy of old's mail root on this host; with `from` the mail root there."),
      from: word(
        "The host whose Dovecot (2.2 or newer) hands the mailboxes over, straight to this one: by dsync over a data link. The Dovecot that is named by `source_config` must run there.",
      ),
      source_config: {
        ...absolutePath("With `from`: the configuration file of that Dovecot."),
        default: usualConfig,
      },
      ...dsyncWords,
      mode: oneOf(
        ["backup", "merge"],
        "backup: new becomes what the copy is, and loses what the copy has not; refused once new was opened. merge: what new lacks is added (`doveadm sync -1 -R`), and nothing is deleted.",
        "backup",
      ),
      adopt: yesOrNo(
        "With backup: mail that a user has here before the first import may go. Otherwise that user is refused.",
        false,
      ),
      full: yesOrNo("Import all users, not only those whose copy changed since.", false),
      closed_ports: {
        type: "array",
        items: { type: "integer", minimum: 1, maximum: 65_535 },
        default: [24, 25, 465, 587],
        description:
          "With backup: ports that must be closed on this host, or mail that comes in would be deleted.",
      },
    },
    { required: ["path"], dependencies: { source_config: ["from"] } },
  ),

  async check(args, host, context) {
    const { config, mode = "backup", adopt = false, parallel = 0 } = args;
    const { lock_timeout: lockSeconds = 30, io_timeout: idleSeconds = 600 } = args;
    const places = placesOf({ ...args, path: plainDirectory(args.path, "path") }, context.workPath);
    await refuseDeletion(args, host, context);
    const memory = `dsync-import-${places.id}.json`;
    const last = await context.lastRunFile(memory);
    const full = args.full === true || (last !== undefined && (await hasProofFailedSince(last, context)));
    const changed = await lookForChanged(places, full, host, context);
    // The Dovecot that knows the users may not run yet.
    const users = context.checkMode ? undefined : await listUsers(host, config);
    const { whose, orphans } = matched(users, changed, places);
    if (whose.length === 0) return undefined;
    const where = places.from === undefined ? places.path : `${places.from}:${places.path}`;
    const words = { config, mode, adopt, parallel, lockSeconds, idleSeconds, files: args.files ?? [] };
    return {
      summary: `import ${whose.length} mailboxes from ${where}`,
      ...words,
      places,
      users: whose,
      orphans,
      sourceConfig: args.source_config ?? usualConfig,
      memory,
    };
  },

  // It asks the latches itself.
  touches: () => [],
  async apply(change, host, context) {
    const { from, path } = change.places;
    const link =
      from === undefined
        ? undefined
        : await context.openDataLink({
            ...{ source: from, target: host.name, directory: path, dovecot: change.sourceConfig },
          });
    const outcome = await runImport(change, link, host, context);
    await writeFile(await context.runFile(change.memory), `${JSON.stringify(outcome)}\n`, { mode: 0o600 });
    if (outcome.failed.length > 0) throw failedImport(outcome, host.name);
    const { imported, withoutMail } = outcome;
    const { orphans, users } = change;
    return {
      result: { users: users.length, imported, without_mail: withoutMail, orphans: [...orphans] },
    };
  },
});

/** What is deleted on new must be Mailferry's own: nothing may have come in there by itself. */
async function refuseDeletion(
  { mode = "backup", closed_ports: ports = [24, 25, 465, 587] }: DsyncImportArgs,
  host: HostReader,
  context: LookContext,
): Promise<void> {
  if (mode === "merge") return;
  refuseOnOld(host, context, "an import removes what its source has not");
  const since = await context.latches.anyOpenedAt();
  if (since !== undefined) {
    throw new Refused(
      `new was opened${since === undefined ? "" : ` at ${since}`}: an import would delete the mail that it took since`,
      { host: host.name, next: "`mode: merge` adds what new lacks, and deletes nothing." },
    );
  }
  const open = await openPorts(ports, host);
  if (open.length === 0) return;
  const refusal = portsOpen(open, host.name);
  if (!context.checkMode) throw refusal;
  context.notice(`would be refused: ${refusal.message}`);
}

/** In check mode the copy that is to be imported may not have been made. */
async function lookForChanged(
  places: Places,
  full: boolean,
  host: HostReader,
  { checkMode, notice, peer }: LookContext,
): Promise<readonly SourceHome[]> {
  const { from } = places;
  if (from !== undefined) return changedAtSource(places, full, await peer(from), host);
  try {
    return (await changedHomes(places, full, host)).map((home) => ({ home, sum: "" }));
  } catch (error) {
    if (!checkMode || !(error instanceof Refused)) throw error;
    notice(`would be refused: ${error.message}`);
    return [];
  }
}

interface Matched {
  readonly whose: ImportJob["users"];
  readonly orphans: readonly string[];
}

/** Without users, directories stand for them. */
function matched(
  users: readonly string[] | undefined,
  changed: readonly SourceHome[],
  places: Places,
): Matched {
  if (users === undefined) return { whose: changed.map(({ home, sum }) => [home, home, sum]), orphans: [] };
  const left = new Map(changed.map(({ home, sum }) => [home, sum]));
  const whose = users.flatMap((user) => {
    const home = homeOf(user, places);
    const sum = left.get(home);
    return sum === undefined ? [] : [[user, home, sum] as const];
  });
  for (const [, home] of whose) left.delete(home);
  return { whose, orphans: [...left.keys()] };
}
