import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { mountsBelow, share } from "./mounts.ts";
import { runCommand } from "./run-command.ts";

/** Room for a mail server of the lab, and no more inodes than can be used up in a second or two. */
const size = "3G";
const inodes = "100000";

/** Mounts an ext4 of its own, kept in `image`, on a directory; an image that isn't there yet is made. Needs loop devices. */
export async function mountDisk(image: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  if ((await mountsBelow(directory)).includes(directory)) return;
  if (!existsSync(image)) {
    await runCommand(["truncate", "--size", size, image]);
    // -m 0: root may fill it to the last block, and so can a fault.
    await runCommand(["mkfs.ext4", "-q", "-F", "-m", "0", "-N", inodes, image]);
  }
  await share(dirname(directory));
  await runCommand(["mount", "-o", "loop", image, directory]);
  await runCommand(["mount", "--make-shared", directory]);
}
