import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { planMerge } from "../../mail/merge-plan.ts";
import { absolutePath, closed, word } from "../argument-schemas.ts";
import { openPorts } from "../open-ports.ts";
import { areAllNoted, noteAllAsKnown, notesPath, pullId } from "../rsync-pull/known-messages.ts";
import { plainDirectory } from "../rsync-pull/refusals.ts";
import { lookAtSide, missingSource, rsyncMissing } from "../rsync-pull/source-check.ts";
import { linkMark } from "./beside-messages.ts";
import { joinControls, joinKeywords, nameOf, namesByGuid, namesOfFiles, sideOf } from "./control-files.ts";
import { refuseShrunken, sourceShare } from "./folders-left.ts";
import { listMessages } from "./list-messages.ts";
import { isEmpty, type Merge, type MergeChange, runMerge } from "./merge-job.ts";
import { MergeReport } from "./merge-report.ts";
import { mergeSource } from "./merge-source.ts";

export interface MailMergeArgs {
  readonly from: string;
  readonly path: string;
  readonly source?: string;
  readonly owner?: string;
  readonly group?: string;
  readonly files?: readonly string[];
  readonly closed_ports?: readonly number[];
  readonly min_source_share?: number;
  readonly save_as?: string;
}

/** LMTP, POP3, IMAP and ManageSieve. */
const mailboxPorts: readonly number[] = [24, 110, 143, 993, 995, 4190];

/** Brings what new took since it was opened back to old. Nothing on old is deleted or written over. */
export const mailMerge = changingModule<MailMergeArgs, MergeChange>({
  name: "mail_merge",
  description:
    "Brings the mail of an opened new server back to this old one: adds messages and folders that only new has, takes over flags that changed there, joins UIDs, keywords and subscriptions. It deletes nothing and writes over no message. Runs on old, and only while the latch `new-frozen` is set. Registers the counts `added`, `flags`, `kept` (gone on new, still here), `clash` (another message here has its name: it gets a new one), `folders`, `files`, `differing` (other files, which stay as they are here) and `conflicts` (control files that could not be joined), the first of each in `named`, and all in `file`.",
  preview: "exact",
  args: closed(
    {
      from: word("The new host, by its name in the inventory."),
      path: absolutePath("The mail root, on both hosts."),
      source: mergeSource,
      owner: word("Who owns the mail on this host; as on the new one, by name, when left out."),
      group: word("The group that it belongs to; as on the new one, when left out."),
      files: {
        type: "array",
        items: { type: "string", pattern: "^[^/]+$" },
        default: [],
        description:
          "Names of files beside the messages that come, too, where this host has none: those by which a server knows a user, for instance.",
      },
      closed_ports: {
        type: "array",
        items: { type: "integer", minimum: 1, maximum: 65_535 },
        default: [...mailboxPorts],
        description:
          "The ports on which nothing may listen on this host. None where its servers work on for others, and nobody comes to these mailboxes through them: one mail domain that goes back by itself.",
      },
      min_source_share: sourceShare,
      save_as: word(
        "The run file that names what was found; mail-merge otherwise. Where several roots are merged each has its own.",
      ),
    },
    { required: ["from", "path"] },
  ),

  async check(args, host, context) {
    refuseElsewhere(args, host, context);
    if (!context.checkMode) {
      await requireFrozenNew(context);
      await requireStandingOld(args, host, context);
    }
    if (context.checkMode && (await isNotMade(args, context))) return undefined;
    const merge = await planOf(args, host, context);
    if (isEmpty(merge)) return undefined;
    const merges = { oldHost: host.name, newHost: args.from, root: plainDirectory(args.path, "path") };
    return { summary: summaryOf(merge, args.from), ...args, merge, merges, result: merge.result };
  },

  // It asks the latches itself, and writes over nothing but control files that it joined.
  touches: () => [],
  async apply(change, host, context) {
    await requireFrozenNew(context);
    await requireStandingOld(change, host, context);
    const { from, path, merge } = change;
    const link = await context.openDataLink({ source: from, target: host.name, directory: merge.source });
    await runMerge(change, link, host, context);
    await noteAllAsKnown(notesOnNew(host, path, context), merge.source, await context.peerToChange(from));
    return {};
  },
});

/** No mail is brought anywhere but from new to old. */
function refuseElsewhere({ from }: MailMergeArgs, host: HostReader, { sides }: LookContext): void {
  if (sides.old.includes(host.name) && sides.new.includes(from)) return;
  throw new Refused(
    `mail_merge brings mail from a new host back to an old one, not from ${from} to ${host.name}`,
    {
      host: host.name,
      next: "Let the task run on old (`hosts: old`), and name the new host in `from`.",
    },
  );
}

/** In check mode nobody makes the Maildirs that mail in another format is brought back from. */
async function isNotMade({ from, source }: MailMergeArgs, { peer, notice }: LookContext): Promise<boolean> {
  if (source === undefined || (await (await peer(from)).stat(source)) !== undefined) return false;
  notice(`what would be brought back can't be told: there is no ${source} on ${from} yet`);
  return true;
}

/** A new server that takes mail would have more than what is brought back. */
async function requireFrozenNew({ latches }: Pick<LookContext, "latches">): Promise<void> {
  if ((await latches.isSet("new-frozen")) && (await latches.isSet("new-opened"))) return;
  throw new Refused("mail is brought back only from a new server that was opened and is frozen", {
    next: "Freeze it first: `latch: { name: new-frozen }`, then stop and mask its mail services.",
  });
}

/** Under a Dovecot at work its lists of UIDs would be replaced. Old's Postfix may go on: it relays, and delivers nothing. */
async function requireStandingOld(
  { closed_ports = mailboxPorts }: Pick<MailMergeArgs, "closed_ports">,
  host: HostReader,
  { latches }: Pick<LookContext, "latches">,
): Promise<void> {
  const open = await openPorts(closed_ports, host);
  if (open.length === 0 && (await latches.isSet("old-frozen"))) return;
  const why = open.length === 0 ? "was not frozen" : `listens on port ${open.join(", ")}`;
  throw new Refused(`mail is brought back only to an old server that stands still, and ${host.name} ${why}`, {
    host: host.name,
    next: "Stop and mask Dovecot there; the stage's own freeze of old is lifted only behind the merge.",
  });
}

async function planOf(
  {
    from,
    path: given,
    source: elsewhere,
    files: wanted = [],
    save_as = "mail-merge",
    min_source_share,
  }: MailMergeArgs,
  host: HostReader,
  context: LookContext,
): Promise<Merge> {
  const path = plainDirectory(given, "path");
  const peer = await context.peer(from);
  const isConverted = elsewhere !== undefined;
  const lies = isConverted ? plainDirectory(elsewhere, "source") : path;
  const [root, source] = await Promise.all([realRoot(path, host), realRoot(lies, peer)]);
  const [own, other] = await Promise.all([sideOf(host, root), sideOf(peer, source)]);
  refuseShrunken(own, other, lies, min_source_share);
  const keywords = await joinKeywords(own, other);
  const names = isConverted ? await namesByGuid(own, other) : namesOfFiles();
  const report = new MergeReport(await context.runFile(`${save_as}.jsonl`));
  const lists = await Promise.all([listMessages(host, root, context), listMessages(peer, source, context)]);
  const plan = await planMerge(
    names.here.name(lists[0].messages()),
    names.there.name(lists[1].messages()),
    (folder, letter) => {
      const joined = keywords.get(folder);
      return joined === undefined ? letter : joined.letterFor(letter);
    },
    { onMessage: (what, name) => report.add(what, name), isConverted },
  );
  await Promise.all(lists.map((list) => list.remove()));
  const controls = [...(await joinControls(own, other, names)), ...keywords.values()];
  const folders = [...other.beside.folders].filter((folder) => !own.beside.folders.has(folder));
  for (const folder of folders) report.add("folders", folder);
  const files: ByteText[] = [];
  for (const [name, content] of other.beside.others) {
    if (own.beside.others.get(name) === content) continue;
    const comes =
      !own.beside.others.has(name) && !content.startsWith(linkMark) && wanted.includes(nameOf(name));
    if (comes) files.push(name);
    report.add(comes ? "files" : "differing", name);
  }
  for (const { path: name, conflict } of controls) {
    if (conflict !== undefined) report.add("conflicts", name, conflict);
  }
  const isNoted = await areAllNoted(notesOnNew(host, path, context), peer);
  const { hasRoom } = own.beside;
  return { ...plan, root, source, folders, files, controls, hasRoom, isNoted, result: report.finish() };
}

async function realRoot(path: string, host: HostReader): Promise<string> {
  const { directory, abilities } = await lookAtSide(path, host);
  if (directory === undefined) throw missingSource(path, host.name);
  if (abilities === undefined) throw rsyncMissing(host.name);
  return directory.path;
}

function notesOnNew({ name }: HostReader, path: string, { workPath }: LookContext): string {
  return notesPath(workPath, pullId(name, plainDirectory(path, "path")));
}

function summaryOf({ add, rename, folders, files }: Merge, from: string): string {
  const others = files.length === 0 ? "" : `, ${files.length} other files`;
  return `bring back from ${from}: ${add.length} messages, ${rename.length} changes of flags, ${folders.length} folders${others}`;
}
