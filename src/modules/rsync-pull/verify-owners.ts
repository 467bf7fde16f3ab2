import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { longLookMs } from "./source-check.ts";

/** Looks for one entry that belongs to somebody else than it should. */
export async function verifyOwners(
  { owner, group, files }: Pick<RsyncPullArgs, "owner" | "group" | "files">,
  dest: string,
  host: HostReader,
): Promise<void> {
  if (files !== undefined) return;
  const wrongOwner = owner === undefined ? ["-nouser"] : ["!", "-user", owner];
  const wrongGroup = group === undefined ? ["-nogroup"] : ["!", "-group", group];
  const wrong = [...wrongOwner, "-print", "-quit", "-o", ...wrongGroup, "-print", "-quit"];
  const { stdout } = await host.probe(["find", dest, ...wrong], { timeoutMs: longLookMs });
  if (stdout.length === 0) return;
  const example = stdout.toString("utf8").trimEnd();
  const wanted =
    owner === undefined && group === undefined
      ? "has an owner or group that this host has no name for"
      : `does not belong to ${owner ?? "its user"}:${group ?? "its group"}`;
  throw new Failure("task-failed", `${example} on ${host.name} ${wanted}`, {
    host: host.name,
    next: "Make the user and group on the new host first, or name them by owner and group; then run this again.",
  });
}
