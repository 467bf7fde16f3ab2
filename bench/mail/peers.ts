import { cpus } from "node:os";
import { measure, type Reading } from "../common/measure.ts";
import { type Side, sshTo } from "./sides.ts";

/** A command of a peer, as it runs and as it is shown. */
export interface PeerCommand {
  readonly script: string;
  readonly shown: string;
}

/** Runs a peer's command on the new host, which this machine is. */
export function runPeer({ script }: PeerCommand, directory: string): Promise<Reading> {
  const argv = ["/bin/bash", "-o", "pipefail", "-e", "-c", script];
  return measure({ argv, directory, environment: { HOME: directory } }, directory);
}

/**
 * What Mailferry leaves behind, as `rsync_pull` with `maildir` says it to rsync: the peers copy the same files. Told here once
 * more, so that the bench judges the product and not by it.
 */
const leftOut = ["dovecot.index*", "dovecot.list.index*", "dovecot.mailbox.log*", "*.lock", "*.svbin"];

/** The rules of the copy for rsync. */
export const rsyncRules = ["--filter=+ */", ...leftOut.map((pattern) => `--filter=-p ${pattern}`)];

export function tarCommand(old: Side, source: string, target: string): PeerCommand {
  const { argv, remote } = sshTo(old);
  const excludes = leftOut.map((pattern) => `--exclude='${pattern}'`).join(" ");
  const far = `tar -C ${source} ${excludes} -cf - .`;
  return {
    script: `${argv.join(" ")} ${remote} "${far}" | tar -C ${target} -xpf -`,
    shown: "ssh old tar -C SOURCE -cf - . | tar -C TARGET -xpf -",
  };
}

/** `more` are further options of rsync. */
export function rsyncCommand(
  old: Side,
  source: string,
  target: string,
  more: readonly string[],
): PeerCommand {
  const { argv, remote } = sshTo(old);
  const rules = rsyncRules.map((rule) => `'${rule}'`).join(" ");
  const options = ["-a", ...more].join(" ");
  return {
    script: `rsync ${options} ${rules} -e '${argv.join(" ")}' ${remote}:${source}/ ${target}/`,
    shown: `rsync ${options} old:SOURCE/ TARGET/`,
  };
}

/** Lists both trees at the same time, and compares the lists. */
export function findCommand(source: string, target: string): PeerCommand {
  const list = (root: string, file: string): string =>
    `find ${root} -type f -regex '.*/\\(cur\\|new\\)/[^/]*' -printf '%P %s\\n' | LC_ALL=C sort >${file}`;
  return {
    script: `${list(source, "a")} & ${list(target, "b")}; wait $!; cmp a b`,
    shown: "find SOURCE … -printf '%P %s\\n' | sort >a & find TARGET … | sort >b; wait; cmp a b",
  };
}

/** Hashes both trees with all processors. */
export function hashCommand(source: string, target: string): PeerCommand {
  const messages = "-type f -regex '.*/\\(cur\\|new\\)/[^/]*' -print0";
  const hash = `xargs -0 -P ${cpus().length} -n 256 sha256sum`;
  return {
    script: `find ${source} ${target} ${messages} | ${hash} >hashes`,
    shown: `find SOURCE TARGET … -print0 | ${hash}`,
  };
}
