import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";

/** An archive, as it lies on the host or as it is carried there. */
export interface Packed {
  /** As the task names it. */
  readonly src: string;
  /** undefined when it lies on the host. */
  readonly content: Buffer | undefined;
  readonly format: Format;
}

export type Format = "tar" | "gz" | "bz2" | "xz" | "zst" | "zip";

/** Finds the archive and sees by its first bytes what it is; undefined when an earlier task would have made it. */
export async function openPacked(
  src: string,
  isOnHost: boolean,
  host: HostReader,
  context: LookContext,
): Promise<Packed | undefined> {
  if (!isOnHost) {
    const content = await context.readProjectFile(src, "files");
    return { src, content, format: formatOf(content) };
  }
  const stat = await host.stat(src);
  if (stat === undefined && context.checkMode) return undefined;
  if (stat === undefined) throw new Failure("task-failed", `there is no file ${src}`, { host: host.name });
  const { stdout } = await host.probe(["head", "-c", "8", "--", src]);
  return { src, content: undefined, format: formatOf(stdout) };
}

function formatOf(content: Buffer): Format {
  const start = content.subarray(0, 8).toString("latin1");
  return signatures.find(([signature]) => start.startsWith(signature))?.[1] ?? "tar";
}

const signatures: readonly (readonly [string, Format])[] = [
  ["\x1f\x8b", "gz"],
  ["BZh", "bz2"],
  ["\xfd7zXZ\0", "xz"],
  ["\x28\xb5\x2f\xfd", "zst"],
  ["PK\x03\x04", "zip"],
  ["PK\x05\x06", "zip"],
];
