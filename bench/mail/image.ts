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

/** Makes a fresh ext4 with a journal, in an image of its own in `images`. */
export function makeRoom(path: string, images: string): Room {
  const image = join(images, `${basename(path)}.img`);
  execFileSync("truncate", ["-s", "16G", image]);
  const room = makeRoomIn(image, path);
  const drop = (): void => {
    room.drop();
    rmSync(image, { force: true });
  };
  return { ...room, drop };
}

/**
 * Makes an image for one file system after the other. It has all of its blocks to begin with, as a disk has: a virtual machine is
 * given its memory by the page, and is slow on each that it touches first.
 */
export function makeImage(path: string, bytes: number): string {
  execFileSync("fallocate", ["-l", String(bytes), path]);
  return path;
}

/** Makes a fresh ext4 in an image that stays: one that many files were deleted from copies far slower. */
export function makeRoomIn(image: string, path: string): Room {
  mkdirSync(path);
  const isOwn = mounts(image, path);
  return {
    directory: path,
    isOwn,
    drop() {
      if (isOwn) execFileSync("umount", [path]);
      rmSync(path, { recursive: true, force: true });
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
    execFileSync("mkfs.ext4", ["-q", "-F", "-E", "nodiscard", "-i", "8192", image], { stdio: "pipe" });
    // Nor does the kernel fill its inode tables with zeros meanwhile.
    execFileSync("mount", ["-o", "loop,noatime,noinit_itable", image, path], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
