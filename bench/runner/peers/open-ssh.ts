import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Attempt, FarmHost, Site } from "../../common/site.ts";
import type { Peer } from "../work.ts";
import { freshDirectory, numbers } from "./playbook.ts";

/** One ssh command a task over a connection that stays open: the loop that people write in a shell. */
export const controlMaster: Peer = {
  id: "control-master",
  title: "OpenSSH ControlMaster loop",
  prepare(work, site, directory) {
    if (work.kind !== "touch") return undefined;
    const control = join(directory, "c");
    return script(directory, freshDirectory(control), site, (host) => {
      const ssh = `ssh -o ControlPath=${control}/${host.name} ${words(host, site)}`;
      return [
        `  ssh -o ControlMaster=yes -o ControlPersist=yes -o ControlPath=${control}/${host.name} ${words(host, site)} true`,
        `  for n in $(seq ${work.tasks}); do ${ssh} sudo -n touch ${site.target}/${host.name}/task-$n; done`,
        `  ${ssh.replace(/^ssh/, "ssh -O exit")} 2>/dev/null`,
      ];
    });
  },
};

/** All of the work as one script to one shell a host: what can't be gone below. */
export const oneScript: Peer = {
  id: "one-script",
  title: "one ssh, one script (floor)",
  prepare(work, site, directory) {
    writeFileSync(
      join(directory, "names"),
      numbers(work)
        .map((number) => `file-${number}\n`)
        .join(""),
    );
    return script(directory, undefined, site, (host) => {
      const target = `${site.target}/${host.name}`;
      const ssh = `ssh ${words(host, site)}`;
      if (work.kind === "copy") {
        return [
          `  tar -C ${site.files} -cf - -T names | ${ssh} sudo -n tar -C ${target} --no-same-owner -xf -`,
        ];
      }
      const tasks = `for n in $(seq ${work.tasks}); do echo "touch ${target}/task-$n"; done`;
      return [`  { ${tasks}; } | ${ssh} sudo -n /bin/sh -e`];
    });
  },
};

/** A shell script that does a host's lines for all hosts side by side, and fails when one of them does. */
function script(
  directory: string,
  clean: Attempt["clean"],
  { hosts }: Site,
  linesFor: (host: FarmHost) => readonly string[],
): Attempt {
  const lines = hosts.flatMap((host) => ["(", "  set -e", ...linesFor(host), ") &", 'all="$all $!"']);
  const text = ["#!/bin/bash", "all=", ...lines, "for one in $all; do wait $one || exit 1; done", ""].join(
    "\n",
  );
  writeFileSync(join(directory, "script"), text, { mode: 0o755 });
  return {
    argv: ["/bin/bash", join(directory, "script")],
    directory,
    environment: { HOME: directory },
    ...(clean === undefined ? {} : { clean }),
  };
}

function words({ address, port }: FarmHost, site: Site): string {
  const options = [
    ...[
      "-F",
      "none",
      "-i",
      site.keyFile,
      "-p",
      String(port),
      "-o",
      `UserKnownHostsFile=${site.knownHostsFile}`,
    ],
    ...["-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"],
  ];
  return [...options, `${site.user}@${address}`].join(" ");
}
