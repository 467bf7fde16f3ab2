import type { Applied } from "../../contract/change.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import { openPorts } from "../open-ports.ts";
import { refuseOnOld } from "../refuse-on-old.ts";
import { applyPull } from "./apply-pull.ts";
import { filterRules } from "./filter-rules.ts";
import { isFar } from "./is-far.ts";
import { notesPath, pullId } from "./known-messages.ts";
import { mayGoOn, memoryName, passToGoOnFrom, readLastPass, refuseOtherMount, wordsOf } from "./last-pass.ts";
import { type RsyncPullArgs, rsyncPullArgs } from "./pull-args.ts";
import type { PullChange } from "./pull-change.ts";
import {
  checkDestination,
  plainDirectory,
  portsOpen,
  refuseAfterOpening,
  refuseBrokenMerge,
  refuseOpenedRoots,
  refuseSameTree,
} from "./refusals.ts";
import type { RsyncAbilities } from "./rsync-command.ts";
import {
  countFiles,
  lookAtSide,
  missingSource,
  refuseShrunkenSource,
  rsyncMissing,
  type Side,
} from "./source-check.ts";
import { compareTrees } from "./tree-comparison.ts";
import { lookAtTree } from "./tree-state.ts";

/** Copies a directory from another host to this one. */
export const rsyncPull = changingModule<RsyncPullArgs, PullChange>({
  name: "rsync_pull",
  description:
    "Copies a directory from another host to this one, straight between the two, by rsync over a data link, and the first time by tar where it is a mail root. Refuses whatever could lose mail.",
  preview: "unknown",
  args: rsyncPullArgs,

  async check(args, host, context) {
    const { from, maildir = false } = args;
    const src = plainDirectory(args.src, "src");
    const dest = plainDirectory(args.dest, "dest");
    checkDestination(dest);
    if (args.delete === true) refuseOnOld(host, context, "a pass with delete removes files");
    await refuseAfterOpening(args, context);
    const peer = await context.peer(from);
    const [old, current, isSourceFar, isTargetFar] = await Promise.all([
      lookAtSide(src, peer),
      lookAtSide(dest, host),
      maildir && isFar(peer),
      maildir && isFar(host),
    ]);
    const abilities = commonAbilities([peer, old], [host, current]);
    const [source, destination] = [old.directory, current.directory];
    if (source === undefined) throw missingSource(src, from);
    if (destination !== undefined) checkDestination(destination.path);
    await refuseOpenedRoots([dest, destination?.path ?? dest], host, context);
    refuseBrokenMerge(old, source.path, from);
    refuseSameTree(peer, source.path, host, destination?.path ?? dest);
    const memory = memoryName(from, src, dest);
    await refuseOtherMount(memory, source, from, context);
    const id = pullId(from, dest);
    const notes = { directory: notesPath(context.workPath, id) };
    const since = mayGoOn(args)
      ? await passToGoOnFrom(memory, wordsOf(args), notes, destination?.path ?? dest, host, context)
      : undefined;
    if (args.delete === true) await checkPorts(args, host, context);
    if (args.delete === true && (since === undefined || context.checkMode)) {
      const here = destination === undefined ? 0 : await countFiles(destination.path, maildir, host);
      // An empty directory has nothing that a pass could remove.
      const there = here === 0 ? 0 : await countFiles(source.path, maildir, peer);
      refuseShrunkenSource({ here, there, share: args.min_source_share ?? 0.95 }, src, from);
    }
    const last = await readLastPass(memory, context);
    const isFirst = maildir && last === undefined;
    const trees = maildir
      ? []
      : await Promise.all([
          lookAtTree(source.path, args.files, peer),
          destination === undefined ? undefined : lookAtTree(destination.path, args.files, host),
        ]);
    const isAsLeft =
      last?.trees !== undefined &&
      last.words === wordsOf(args) &&
      last.trees.source === trees[0]?.sum &&
      last.trees.target === trees[1]?.sum;
    const copies = maildir ? { oldHost: from, newHost: host.name, root: dest } : undefined;
    const pull = {
      copies,
      args,
      source,
      dest: destination?.path ?? dest,
      memory,
      id,
      isFirst,
      since,
      ...{ isSourceFar, isTargetFar, sourceTree: trees[0], isAsLeft },
      packs: args.compress === "auto" ? last?.packs : args.compress === true,
      ...abilities,
    };
    const summary = `${from}:${src}/ copied to ${dest}/`;
    return context.checkMode ? foresee({ ...pull, summary }, peer, host, context) : { ...pull, summary };
  },

  // It asks the latches itself.
  touches: () => [],
  async apply(change, host, context): Promise<Applied> {
    return applyPull(change, host, context);
  },
});

/** In check mode the tasks that stop the services before this one have not done it: then an open port is only told. */
async function checkPorts(
  { closed_ports = [24, 25, 465, 587] }: RsyncPullArgs,
  host: HostReader,
  { checkMode, notice }: LookContext,
): Promise<void> {
  const open = await openPorts(closed_ports, host);
  if (open.length === 0) return;
  const refusal = portsOpen(open, host.name);
  if (!checkMode) throw refusal;
  notice(`would be refused: ${refusal.message}`);
}

/** Both must have an rsync; ACLs and extended attributes go along when both can. */
function commonAbilities(
  ...sides: readonly (readonly [host: HostReader, side: Side])[]
): Pick<RsyncAbilities, "acls" | "xattrs"> {
  const all = sides.map(([host, { abilities }]) => {
    if (abilities === undefined) throw rsyncMissing(host.name);
    return abilities;
  });
  return { acls: all.every(({ acls }) => acls), xattrs: all.every(({ xattrs }) => xattrs) };
}

/** Check mode's answer, from listings of both trees; undefined when there is nothing to do. */
async function foresee(
  pull: PullChange,
  source: HostReader,
  target: HostReader,
  context: LookContext,
): Promise<PullChange | undefined> {
  const { delete: deletes = false, owner, group, ...words } = pull.args;
  const { send, sendBytes, remove, attributes } = await compareTrees(
    {
      ...{ source, src: pull.source.path, target, dest: pull.dest, rules: filterRules(words) },
      ...{ delete: deletes, owner, group, id: pull.id },
    },
    context,
  );
  if (send + remove + attributes === 0) return undefined;
  const parts = [
    `send ${send} entries (${sendBytes} bytes)`,
    ...(remove > 0 ? [`remove ${remove} here`] : []),
    ...(attributes > 0 ? [`set owner or mode of ${attributes}`] : []),
  ];
  return { ...pull, summary: `${pull.summary}: ${parts.join(", ")}` };
}
