/** Variables that say how to reach a host, with Ansible's names for the same. */
export const connectionWords: Readonly<Record<string, readonly string[]>> = {
  address: ["ansible_host", "ansible_ssh_host"],
  port: ["ansible_port", "ansible_ssh_port"],
  user: ["ansible_user", "ansible_ssh_user"],
  key_file: ["ansible_ssh_private_key_file", "ansible_private_key_file"],
  key_passphrase: ["ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase"],
  password: ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"],
  jump: [],
  become: ["ansible_become"],
  become_user: ["ansible_become_user"],
  become_password: ["ansible_become_password", "ansible_become_pass"],
  known_hosts_file: [],
  ssh_config_file: [],
  connection: ["ansible_connection"],
};

/** Those whose value is never shown and never a variable of a playbook. */
export const secretWords: readonly string[] = ["password", "become_password", "key_passphrase"];

/** Ansible's variables that say nothing to Mailferry and do no harm. */
export const harmlessWords: ReadonlySet<string> = new Set([
  "ansible_python_interpreter",
  "ansible_become_method",
  "ansible_become_exe",
  "ansible_become_flags",
  "ansible_shell_type",
  "ansible_shell_executable",
  "ansible_ssh_executable",
  "ansible_ssh_pipelining",
  "ansible_pipelining",
  "ansible_ssh_transfer_method",
  "ansible_scp_if_ssh",
  "ansible_ssh_timeout",
  "ansible_ssh_retries",
  "ansible_timeout",
]);

const shortNames: ReadonlyMap<string, string> = new Map(
  Object.entries(connectionWords).flatMap(([short, aliases]) =>
    aliases.map((alias) => [alias, short] as const),
  ),
);

/** Mailferry's name for one of Ansible's connection variables. */
export function shortNameOf(alias: string): string | undefined {
  return shortNames.get(alias);
}

/** Ansible's connection variables that are understood. */
export const ansibleConnectionWords: readonly string[] = [...shortNames.keys()];
