import { createHash } from "node:crypto";

/** A checksum as Ansible's file modules register it: SHA-1. */
export function checksumOf(content: Buffer): string {
  return createHash("sha1").update(content).digest("hex");
}
