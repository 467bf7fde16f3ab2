import { Failure } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import type { ApplyContext } from "../contract/module.ts";

/** A file that lies whole on a host. */
export interface ExaminedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Size and checksum of a file. Throws Failure when it isn't there. */
export async function examineFile(host: HostReader, path: string): Promise<ExaminedFile> {
  const { stdout } = await host.probe(["sha256sum", "--", path], { timeoutMs: checksumTimeoutMs });
  const sha256 = stdout.toString("utf8").split(" ")[0] ?? "";
  const stat = await host.stat(path);
  if (stat === undefined)
    throw new Failure("task-failed", `${path} is gone from ${host.name}`, { host: host.name });
  return { path, sha256, sizeBytes: stat.sizeBytes };
}

/**
 * Carries one file of a directory straight from `source` into a directory of the same path on `target`, over a data
 * link, and compares the checksums. Both directories must exist; the copy keeps the file's mode.
 */
export async function carryFile(
  source: HostWriter,
  target: HostWriter,
  directory: string,
  file: ExaminedFile,
  context: ApplyContext,
): Promise<ExaminedFile> {
  const name = file.path.slice(directory.length + 1);
  const link = await context.openDataLink({ source: source.name, target: target.name, directory });
  const options = ["--times", "--perms", "--ignore-times", `--rsh=${link.remoteShell}`];
  await target.runJob({
    name: "rsync",
    argv: ["rsync", ...options, "--", `${link.remote}:/${name}`, file.path],
  });
  const arrived = await examineFile(target, file.path);
  if (arrived.sha256 === file.sha256) return arrived;
  throw new Failure("task-failed", `${file.path} on ${target.name} is not what ${source.name} sent`, {
    host: target.name,
    next: "Run the stage again. If it happens again, check memory and disks of both hosts.",
  });
}

const checksumTimeoutMs = 3_600_000;
