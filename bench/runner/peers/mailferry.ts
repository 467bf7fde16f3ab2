import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Site } from "../../common/site.ts";
import type { Peer, Work } from "../work.ts";
import { freshDirectory, placeFiles, taskLines } from "./playbook.ts";

/** Mailferry as it is shipped: the built program, all hosts at once as the peers have them, its journal on the disk. */
export const mailferry: Peer = {
  id: "mailferry",
  title: "Mailferry",
  prepare(work, site, directory) {
    writeFileSync(join(directory, "inventory.yml"), inventory(site));
    writeFileSync(join(directory, "playbook.yml"), playbook(work, site));
    placeFiles(site, directory);
    const state = join(directory, "state");
    // The memory at very many hosts is that of the usual number at once.
    const forks = work.hosts <= hostsAtOnce ? ["--forks", String(hostsAtOnce)] : [];
    return {
      argv: [
        ...[process.execPath, program(), "run", "playbook.yml", "-i", "inventory.yml"],
        ...["--state-dir", state, ...forks],
      ],
      directory,
      environment: { HOME: directory },
      clean: freshDirectory(state),
    };
  },
};

/** Ansible's `forks` in the peers that are not as they come. */
const hostsAtOnce = 50;

/** The program that is measured: the command that a package's user types. */
export function program(): string {
  return join(process.cwd(), "bin", "mailferry.js");
}

/** An inventory of the farm, with a secret to look for in all that is printed. */
export function inventory(site: Site): string {
  return [
    "all:",
    "  vars:",
    `    user: ${site.user}`,
    `    key_file: ${site.keyFile}`,
    `    known_hosts_file: ${site.knownHostsFile}`,
    "    become: true",
    '    key_passphrase: "never to be seen"',
    "  children:",
    "    farm:",
    "      hosts:",
    ...site.hosts.map(({ name, address, port }) => `        ${name}: { address: ${address}, port: ${port} }`),
    "",
  ].join("\n");
}

function playbook(work: Work, site: Site): string {
  return [
    "- name: Farm",
    "  hosts: farm",
    "  vars:",
    `    target: "${site.target}/{{inventory_hostname}}"`,
    "  tasks:",
    ...taskLines(work),
    "",
  ].join("\n");
}
