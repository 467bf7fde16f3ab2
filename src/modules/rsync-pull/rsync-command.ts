import type { DataLink } from "../../contract/data-link.ts";
import type { Priority } from "../priority.ts";
import { type FilterRule, filterOptions } from "./filter-rules.ts";

/** One pass of rsync, on the host that pulls. */
export interface PullPass {
  readonly link: DataLink;
  readonly dest: string;
  readonly delete: boolean;
  readonly rules: readonly FilterRule[];
  /** It brings mail: nothing that gives somebody rights on this host. */
  readonly maildir: boolean;
  /** Where a large file that was cut off waits to be continued: never in a Maildir. */
  readonly partialDirectory: string;
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly bandwidth: string | undefined;
  readonly compress: boolean;
  readonly ioTimeoutSeconds: number;
  /** How far the rsync of the source steps back. */
  readonly priority: Priority | undefined;
  /** What both rsyncs can carry. */
  readonly acls: boolean;
  readonly xattrs: boolean;
  /** Sends what is named on the input, NUL after each, and of directories nothing that is in them. */
  readonly listed?: { readonly mayBeGone: boolean } | undefined;
}

/**
 * The whole command. The slash behind the source makes its content land in `dest`. Owners go by name (`-a` without
 * `--numeric-ids`); deletions come last, and rsync leaves them out by itself after an error of the source.
 */
export function rsyncCommand(pass: PullPass): string[] {
  const { link, dest, bandwidth, priority } = pass;
  return [
    "rsync",
    "-aHS",
    ...(pass.acls ? ["-A"] : []),
    ...(pass.xattrs ? ["-X"] : []),
    ...(pass.maildir ? harmless(pass.xattrs) : []),
    "--no-inc-recursive",
    ...["--stats", "--no-human-readable", "--info=progress2", "--out-format=%i %n"],
    `--partial-dir=${pass.partialDirectory}`,
    `--timeout=${Math.ceil(pass.ioTimeoutSeconds)}`,
    ...(bandwidth === undefined ? [] : [`--bwlimit=${bandwidth}`]),
    ...(pass.compress ? ["--compress"] : []),
    ...(pass.delete && pass.listed === undefined ? ["--delete-delay"] : []),
    // The list is short, so content decides: rsync's times are whole seconds, and a control file keeps its size.
    ...(pass.listed === undefined ? [] : ["--files-from=-", "--from0", "--checksum"]),
    ...(pass.listed?.mayBeGone === true ? ["--ignore-missing-args"] : []),
    ...ownerOptions(pass),
    ...filterOptions(pass.rules),
    // Words for the data link. They begin with no dash: ssh would take that for its own option.
    ...(priority === undefined ? [] : [`--rsync-path=nice=${priority.nice} ionice=${priority.ionice} rsync`]),
    `--rsh=${link.remoteShell}`,
    `${link.remote}:/`,
    `${dest}/`,
  ];
}

/** What brings mail is given to its owner by the job, which leaves access control lists as they are (`givingFunctions`). */
function ownerOptions({ owner, group, maildir }: PullPass): string[] {
  if (owner === undefined && group === undefined) return [];
  if (!maildir) return [`--chown=${owner ?? ""}:${group ?? ""}`];
  return [...(owner === undefined ? [] : ["--no-owner"]), ...(group === undefined ? [] : ["--no-group"])];
}

/** A hostile host could send a device, a program that runs as its owner, or one with capabilities: no mail is such. */
function harmless(xattrs: boolean): string[] {
  return ["--no-devices", "--chmod=Fug-s", ...(xattrs ? [`--filter=-x ${capabilities}`] : [])];
}

/** The attribute by which a program has rights that who starts it has not. */
export const capabilities = "security.capability";

/** What `rsync --version` says of an rsync. */
export interface RsyncAbilities {
  readonly version: string;
  readonly acls: boolean;
  readonly xattrs: boolean;
}

/** Reads `rsync --version`; undefined when there is no rsync of a version that is enough (3.1.0). */
export function parseRsyncVersion(text: string): RsyncAbilities | undefined {
  const [, version = "", major, minor] = /version v?(([0-9]+)\.([0-9]+)[^ ]*)/.exec(text) ?? [];
  if (Number(major) < 3 || (Number(major) === 3 && Number(minor) < 1) || version === "") return undefined;
  const can = (word: string): boolean => new RegExp(`(^|[ ,])${word}\\b`, "m").test(text);
  return {
    version,
    acls: can("ACLs") && !/no ACLs/.test(text),
    xattrs: can("xattrs") && !/no xattrs/.test(text),
  };
}
