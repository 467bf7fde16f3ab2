import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Attempt, Site } from "../../common/site.ts";
import type { Peer, Work } from "../work.ts";
import { freshDirectory, placeFiles, taskLines } from "./playbook.ts";

const mitogenStrategies = "/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy";

/** Ansible as somebody meets it who has just installed it. */
export const ansible: Peer = {
  id: "ansible",
  title: "Ansible as it comes",
  prepare(work, site, directory) {
    // Five hosts at once: the ten take as long as the fifty, and say no more.
    if (work.id === "10x50" || work.far) return undefined;
    return prepare(work, site, directory, { gatherFacts: true, defaults: [], connection: [] });
  },
};

/** Ansible with the advice that everybody gives: pipelining, no facts, all hosts at once. */
export const pipelining: Peer = {
  id: "pipelining",
  title: "Ansible, pipelining, no facts",
  prepare(work, site, directory) {
    if (work.id === "10x50" || work.far) return undefined;
    const defaults = ["forks = 50", "interpreter_python = /usr/bin/python3"];
    return prepare(work, site, directory, {
      gatherFacts: false,
      defaults,
      connection: ["pipelining = True"],
    });
  },
};

/** Ansible with Mitogen's strategy in place of its own connections. */
export const mitogen: Peer = {
  id: "mitogen",
  title: "Ansible + Mitogen, no facts",
  prepare(work, site, directory) {
    if (!existsSync(mitogenStrategies) || work.far) return undefined;
    const defaults = [
      "forks = 50",
      "interpreter_python = /usr/bin/python3",
      `strategy_plugins = ${mitogenStrategies}`,
      "strategy = mitogen_linear",
    ];
    return prepare(work, site, directory, { gatherFacts: false, defaults, connection: [] });
  },
};

interface Settings {
  readonly gatherFacts: boolean;
  readonly defaults: readonly string[];
  readonly connection: readonly string[];
}

function prepare(work: Work, site: Site, directory: string, settings: Settings): Attempt | undefined {
  if (!existsSync("/usr/bin/ansible-playbook")) return undefined;
  const control = join(directory, "c");
  writeFileSync(join(directory, "inventory.yml"), inventory(site));
  writeFileSync(join(directory, "playbook.yml"), playbook(work, site, settings.gatherFacts));
  placeFiles(site, directory);
  writeFileSync(
    join(directory, "ansible.cfg"),
    [
      "[defaults]",
      `local_tmp = ${directory}/tmp`,
      ...settings.defaults,
      "[ssh_connection]",
      `control_path_dir = ${control}`,
      ...settings.connection,
      "",
    ].join("\n"),
  );
  const fresh = freshDirectory(control);
  return {
    argv: ["/usr/bin/ansible-playbook", "-i", "inventory.yml", "playbook.yml"],
    directory,
    environment: { HOME: directory, ANSIBLE_CONFIG: join(directory, "ansible.cfg") },
    async clean() {
      leaveMasters(control);
      await fresh();
    },
  };
}

/** Ansible leaves its connections open for a minute; the next attempt would find them. */
function leaveMasters(control: string): void {
  for (const name of existsSync(control) ? readdirSync(control) : []) {
    execFileSync("ssh", ["-o", `ControlPath=${join(control, name)}`, "-O", "exit", "farm"], {
      stdio: "ignore",
    });
  }
}

function inventory(site: Site): string {
  return [
    "all:",
    "  vars:",
    `    ansible_user: ${site.user}`,
    `    ansible_ssh_private_key_file: ${site.keyFile}`,
    `    ansible_ssh_common_args: "-F none -o UserKnownHostsFile=${site.knownHostsFile} -o StrictHostKeyChecking=yes"`,
    "    ansible_become: true",
    "  children:",
    "    farm:",
    "      hosts:",
    ...site.hosts.map(
      ({ name, address, port }) => `        ${name}: { ansible_host: ${address}, ansible_port: ${port} }`,
    ),
    "",
  ].join("\n");
}

function playbook(work: Work, site: Site, gatherFacts: boolean): string {
  return [
    "- name: Farm",
    "  hosts: farm",
    ...(gatherFacts ? [] : ["  gather_facts: false"]),
    "  vars:",
    `    target: "${site.target}/{{inventory_hostname}}"`,
    "  tasks:",
    ...taskLines(work),
    "",
  ].join("\n");
}
