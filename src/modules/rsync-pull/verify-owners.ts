import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { longLookMs } from "./source-check.ts";

/** Looks for one entry that belongs to somebody else than it should. */
export async function verifyOwners(
  words: Pick<RsyncPullArgs, "owner" | "group" | "files">,
  dest: string,
  host: HostReader,
): Promise<void> {
  const { owner, group, files } = words;
  if (files !== undefined) return;
  const otherOwner = owner === undefined ? ["-nouser"] : ["!", "-user", owner];
  const otherGroup = group === undefined ? ["-nogroup"] : ["!", "-group", group];
  const wrong = [...otherOwner, "-print", "-quit", "-o", ...otherGroup, "-print", "-quit"];
  const { stdout } = await host.probe(["find", dest, ...wrong], { timeoutMs: longLookMs });
  if (stdout.length === 0) return;
  throw wrongOwner(stdout.toString("utf8").trimEnd(), words, host.name);
}

/** A failure for an entry that belongs to somebody else than it should. */
export function wrongOwner(
  path: string,
  { owner, group }: Pick<RsyncPullArgs, "owner" | "group">,
  host: string,
): Failure {
  const wanted =
    owner === undefined && group === undefined
      ? "has an owner or group that this host has no name for"
      : `does not belong to ${owner ?? "its user"}:${group ?? "its group"}`;
  return new Failure("task-failed", `${path} on ${host} ${wanted}`, {
    host,
    next: "Make the user and group on the new host first, or name them by owner and group; then run this again.",
  });
}
