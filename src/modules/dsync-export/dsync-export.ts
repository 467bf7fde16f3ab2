import { createHash } from "node:crypto";
import type { Change } from "../../contract/change.ts";
import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import { type ByteText, readable } from "../../mail/byte-text.ts";
import { absolutePath, closed, oneOf, yesOrNo } from "../argument-schemas.ts";
import { listUsers } from "../doveadm/mailbox-users.ts";
import { homeOf } from "../dsync-import/user-homes.ts";
import { type DsyncWords, dsyncWords } from "../dsync-import/words.ts";
import { plainDirectory } from "../rsync-pull/refusals.ts";
import { longLookMs } from "../rsync-pull/source-check.ts";
import { type ExportJob, runExport } from "./export-job.ts";
import { homesOfUsers, mailOfNobody } from "./homes-here.ts";

export interface DsyncExportArgs extends DsyncWords {
  readonly path: string;
  readonly mail: string;
  readonly state?: "present" | "absent";
  readonly accept_orphans?: boolean;
}

export interface DsyncExportChange extends Change, ExportJob {
  readonly removes: boolean;
}

/** Brings mailboxes from the format that this host's Dovecot keeps its mail in into Maildirs, for `mail_merge`. */
export const dsyncExport = changingModule<DsyncExportArgs, DsyncExportChange>({
  name: "dsync_export",
  description:
    "Makes Maildirs aside of what each user's mailbox is on this host, by `doveadm backup`, from whatever format Dovecot keeps mail in here (dbox, for instance): UIDs, UIDVALIDITY, GUIDs, flags, keywords and subscriptions stay. Nothing of the mailboxes is changed. A further run brings what is new since; `state: absent` takes them away again. Registers `users`, `exported` and `without_mail`.",
  preview: "unknown",
  args: closed(
    {
      path: absolutePath("The directory that the Maildirs are made in. Nobody else may write there."),
      state: oneOf(["present", "absent"], "Absent: remove the Maildirs that exports made.", "present"),
      mail: absolutePath(
        "The directory of all mailboxes on this host, where mail of nobody's is looked for.",
      ),
      ...dsyncWords,
      accept_orphans: yesOrNo("Mail below `mail` that belongs to no user of Dovecot may stay behind.", false),
    },
    { required: ["path", "mail"] },
  ),

  async check(args, host, context) {
    const { home = "%d/%n", maildir = "Maildir", files = [], config, parallel = 0 } = args;
    const { lock_timeout: lockSeconds = 30, io_timeout: idleSeconds = 600 } = args;
    const path = plainDirectory(args.path, "path");
    const state = stateOf(path, context);
    refuseElsewhere(host, context);
    await refuseStrangers(path, state, host);
    const removes = args.state === "absent";
    const words = { path, state, removes, maildir, files, config, parallel, lockSeconds, idleSeconds };
    if (removes) {
      const isLeft = !(await isGone(path, host, context));
      return isLeft ? { summary: `remove ${path}`, ...words, users: [] } : undefined;
    }
    // The Dovecot that knows the users may not run.
    if (context.checkMode)
      return { summary: `make Maildirs of all mailboxes in ${path}`, ...words, users: [] };
    const users = await listUsers(host, config);
    const homes = await homesOfUsers(users, config, host);
    refuseInside(path, [args.mail, ...homes.map(readable)], host);
    if (args.accept_orphans !== true) await refuseOrphans(args.mail, homes, host);
    const whose = users.map((user) => [user, homeOf(user, { home })] as const);
    return { summary: `make Maildirs of ${whose.length} mailboxes in ${path}`, ...words, users: whose };
  },

  // It writes nowhere but into a directory that it made itself.
  touches: () => [],
  async apply(change, host, context) {
    if (change.removes) {
      await host.run(["rm", "-rf", "--", change.path, change.state], { timeoutMs: longLookMs });
      return {};
    }
    const { exported, withoutMail } = await runExport(change, host, context);
    return { result: { users: change.users.length, exported, without_mail: withoutMail } };
  },
});

/** What an export knows of its directory lies here: what was there before belongs to somebody else. */
function stateOf(path: string, { workPath }: Pick<LookContext, "workPath">): string {
  return `${workPath}/dsync-export/${createHash("sha256").update(path).digest("hex").slice(0, 12)}`;
}

function refuseElsewhere(host: HostReader, { sides }: LookContext): void {
  if (sides.new.includes(host.name)) return;
  throw new Refused(`dsync_export makes Maildirs of the mail of a new host, and ${host.name} is none`, {
    host: host.name,
    next: "Let the task run on new (`hosts: new`, and no delegate_to).",
  });
}

/** What the export would make the same as the mailboxes must be its own. */
async function refuseStrangers(path: string, state: string, host: HostReader): Promise<void> {
  const { stdout } = await host.probe(["sh", "-c", strangerScript, "sh", path, state]);
  const found = stdout.toString("utf8").trim();
  if (found === "") return;
  throw new Refused(`${path} on ${host.name} holds ${found}, which no export made`, {
    host: host.name,
    next: "Name a directory that is not there yet (role dbox: dbox_back_directory), or move aside what lies there.",
  });
}

const strangerScript = String.raw`
[ -e "$2" ] || [ ! -e "$1" ] || find "$1" -maxdepth 1 ! -path "$1" -printf '%f\n' -quit`;

function refuseInside(path: string, places: readonly string[], host: HostReader): void {
  const met = places.find(
    (place) => `${path}/`.startsWith(`${place}/`) || `${place}/`.startsWith(`${path}/`),
  );
  if (met === undefined) return;
  throw new Refused(`${path} is no place for an export: users of ${host.name} have their mail in ${met}`, {
    host: host.name,
    next: "Name a directory beside it (role dbox: dbox_back_directory).",
  });
}

/** As long as new counts, what it holds may be nowhere else but here on its way. */
async function isGone(path: string, host: HostReader, { latches, checkMode }: LookContext): Promise<boolean> {
  const { exitCode } = await host.probe(["sh", "-c", '[ -e "$1" ]', "sh", path], { accept: [0, 1] });
  if (exitCode === 1) return true;
  if (checkMode || !(await latches.isSet("new-opened"))) return false;
  throw new Refused(`${path} is not removed: new was opened, and its mail is not on old yet`, {
    host: host.name,
    next: "Remove it behind the turning point of the way back, where the latch new-opened is lifted.",
  });
}

/** What Dovecot shows nobody is in no export, and would not go back. */
async function refuseOrphans(mail: string, homes: readonly ByteText[], host: HostReader): Promise<void> {
  const orphans = await mailOfNobody(mail, homes, host);
  if (orphans.length === 0) return;
  const shown = orphans.slice(0, 5).join(", ");
  throw new Refused(
    `${orphans.length} directories on ${host.name} hold mail of no user of Dovecot: ${shown}`,
    {
      host: host.name,
      next: "Make accounts for them again, or let their mail stay on new: `accept_orphans: true` (role dbox: dbox_accept_orphans).",
    },
  );
}
