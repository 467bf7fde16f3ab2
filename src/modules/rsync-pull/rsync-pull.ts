import { createHash } from "node:crypto";
import type { Applied } from "../../contract/change.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import { applyPull, type PullChange } from "./apply-pull.ts";
import { filterRules } from "./filter-rules.ts";
import { type RsyncPullArgs, rsyncPullArgs } from "./pull-args.ts";
import {
  checkDestination,
  openPorts,
  plainDirectory,
  portsOpen,
  refuseAfterOpening,
  refuseSameTree,
} from "./refusals.ts";
import { parseRsyncVersion, type RsyncAbilities } from "./rsync-command.ts";
import {
  countFiles,
  memoryName,
  missingSource,
  realDirectory,
  refuseOtherMount,
  refuseShrunkenSource,
  rsyncMissing,
} from "./source-check.ts";
import { compareTrees } from "./tree-comparison.ts";

/** Copies a directory from another host to this one. */
export const rsyncPull = changingModule<RsyncPullArgs, PullChange>({
  name: "rsync_pull",
  description:
    "Copies a directory from another host to this one, straight between the two, by rsync over a data link. Refuses whatever could lose mail.",
  preview: "unknown",
  args: rsyncPullArgs,

  async check(args, host, context) {
    const { from, maildir = false } = args;
    const src = plainDirectory(args.src, "src");
    const dest = plainDirectory(args.dest, "dest");
    checkDestination(dest);
    await refuseAfterOpening(args, context);
    const peer = await context.peer(from);
    const [source, destination, abilities] = await Promise.all([
      realDirectory(src, peer),
      realDirectory(dest, host),
      commonAbilities(peer, host),
    ]);
    if (source === undefined) throw missingSource(src, from);
    if (destination !== undefined) checkDestination(destination.path);
    refuseSameTree(peer, source.path, host, destination?.path ?? dest);
    const memory = memoryName(from, src, dest);
    await refuseOtherMount(memory, source, from, context);
    if (args.delete === true) {
      await checkPorts(args, host, context);
      const [there, here] = await Promise.all([
        countFiles(source.path, maildir, peer),
        destination === undefined ? 0 : countFiles(destination.path, maildir, host),
      ]);
      refuseShrunkenSource({ here, there, share: args.min_source_share ?? 0.95 }, src, from);
    }
    const id = createHash("sha256").update(`${from}\0${dest}`).digest("hex").slice(0, 12);
    const pull = { args, source, dest: destination?.path ?? dest, memory, id, ...abilities };
    const summary = `${from}:${src}/ copied to ${dest}/`;
    return context.checkMode ? foresee({ ...pull, summary }, peer, host, context) : { ...pull, summary };
  },

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
async function commonAbilities(
  peer: HostReader,
  host: HostReader,
): Promise<Pick<RsyncAbilities, "acls" | "xattrs">> {
  const [theirs, ours] = await Promise.all(
    [peer, host].map(async (one) => {
      const { stdout } = await one.probe(["rsync", "--version"], { accept: "any" });
      const abilities = parseRsyncVersion(stdout.toString("utf8"));
      if (abilities === undefined) throw rsyncMissing(one.name);
      return abilities;
    }),
  );
  return {
    acls: theirs?.acls === true && ours?.acls === true,
    xattrs: theirs?.xattrs === true && ours?.xattrs === true,
  };
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
