import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

/** A directory on a file system of its own, where that can be had. */
export interface Room {
  readonly directory: string;
  /** False when it is a plain directory. */
  readonly isOwn: boolean;
  drop(): void;
}

/**
 * Makes a fresh ext4 with a journal, in an image in `images`: a file system that many files were deleted from copies far slower.
 */
export function makeRoom(path: string, images: string): Room {
  const image = join(images, `${basename(path)}.img`);
  mkdirSync(path);
  const isOwn = mounts(image, path);
  return {
    directory: path,
    isOwn,
    drop() {
      if (isOwn) execFileSync("umount", [path]);
      rmSync(path, { recursive: true, force: true });
      rmSync(image, { force: true });
    },
  };
}

/** Makes a file system that lies in memory: many names are made in it quickly, and take some 300 bytes each. */
export function makeRoomInMemory(path: string): Room {
  mkdirSync(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=90%,nr_inodes=0", "tmpfs", path]);
  return {
    directory: path,
    isOwn: true,
    drop() {
      execFileSync("umount", [path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function mounts(image: string, path: string): boolean {
  try {
    execFileSync("truncate", ["-s", "16G", image], { stdio: "pipe" });
    execFileSync("mkfs.ext4", ["-q", "-F", "-i", "8192", image], { stdio: "pipe" });
    // Nor does the kernel fill its inode tables with zeros meanwhile.
    execFileSync("mount", ["-o", "loop,noatime,noinit_itable", image, path], { stdio: "pipe" });
    return true;
  } catch {
    rmSync(image, { force: true });
    return false;
  }
}
