import type { Change } from "../../contract/change.ts";
import type { DataLink } from "../../contract/data-link.ts";
import type { HostReader } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import type { GoodPass } from "./last-pass.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import type { RealDirectory } from "./source-check.ts";
import type { TreeState } from "./tree-state.ts";

/** A pull that may run: all that could be looked at allows it. */
export interface PullChange extends Change {
  readonly args: RsyncPullArgs;
  readonly source: RealDirectory;
  readonly dest: string;
  /** Where this pull remembers its source on the controller. */
  readonly memory: string;
  /** Names this pull among those into the same host. */
  readonly id: string;
  /** No pass filled this directory before. */
  readonly isFirst: boolean;
  /** The last good pass, when all that is left to do can be told from its listing of the source. */
  readonly since: GoodPass | undefined;
  /** Whether the controller is far from the hosts (`isFar`), where that counts. */
  readonly isSourceFar: boolean;
  readonly isTargetFar: boolean;
  /** What the source was like, where it is no mail root. */
  readonly sourceTree: TreeState | undefined;
  /** Nobody touched either side since the last good pass. */
  readonly isAsLeft: boolean;
  /** Whether what goes over the line is packed; undefined where that is to be measured. */
  readonly packs: boolean | undefined;
  readonly acls: boolean;
  readonly xattrs: boolean;
}

/** The link that a pull goes over. What is open already is not opened again. */
export function openLink(
  { args, source }: PullChange,
  host: HostReader,
  context: ApplyContext,
): Promise<DataLink> {
  return context.openDataLink({ source: args.from, target: host.name, directory: source.path });
}
