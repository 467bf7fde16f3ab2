import type { FileStat, HostReader } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { checksumOf } from "./file-checksum.ts";
import { lookThrough } from "./managed-file.ts";

/** What `register` keeps of a text file, in Ansible's words: where and whose it is, and the checksum of what it holds. */
export async function standingFile(path: string, host: HostReader): Promise<JsonObject> {
  const { path: real, entry } = await lookThrough(path, host);
  const { content } = entry ?? {};
  const checksum = content === undefined ? {} : { checksum: checksumOf(content) };
  return { ...standingPath(real, entry?.stat), ...checksum };
}

/** The same of anything that lies at a path, without a look into it. */
export function standingPath(path: string, stat: FileStat | undefined): JsonObject {
  if (stat === undefined) return { path, dest: path, state: "absent" };
  const { type, mode, owner, group, uid, gid, sizeBytes, target } = stat;
  const link = target === undefined ? {} : { src: target };
  return { path, dest: path, state: type, mode, owner, group, uid, gid, size: sizeBytes, ...link };
}
