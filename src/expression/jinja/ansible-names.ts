/** What Ansible calls a fact or a variable of the run, and what it is called here. */
const names: Readonly<Record<string, string>> = {
  ansible_facts: "facts",
  ansible_hostname: "facts.hostname",
  ansible_fqdn: "facts.fqdn",
  ansible_nodename: "facts.nodename",
  ansible_domain: "facts.domain",
  ansible_default_ipv4: "facts.default_ipv4",
  ansible_default_ipv6: "facts.default_ipv6",
  ansible_all_ipv4_addresses: "facts.all_ipv4_addresses",
  ansible_all_ipv6_addresses: "facts.all_ipv6_addresses",
  ansible_interfaces: "facts.interfaces",
  ansible_mounts: "facts.mounts",
  ansible_memfree_mb: "facts.memory_free_bytes",
  ansible_swaptotal_mb: "facts.swap_bytes",
  ansible_swapfree_mb: "facts.swap_free_bytes",
  ansible_machine_id: "facts.machine_id",
  ansible_kernel: "facts.kernel",
  ansible_architecture: "facts.architecture",
  ansible_distribution: "facts.distribution",
  ansible_distribution_version: "facts.distribution_version",
  ansible_distribution_major_version: "facts.distribution_version",
  ansible_distribution_release: "facts.distribution_codename",
  ansible_os_family: "facts.distribution",
  ansible_service_mgr: "facts.init",
  ansible_user_id: "facts.user",
  ansible_user_uid: "facts.uid",
  ansible_processor_vcpus: "facts.processors",
  ansible_processor_nproc: "facts.processors",
  ansible_memtotal_mb: "facts.memory_bytes",
  ansible_date_time: "facts.clock",
  ansible_check_mode: "check_mode",
  ansible_loop_var: "item",
  ansible_loop: "loop_info",
  ansible_failed_task: "failed_task",
  ansible_failed_result: "failed_result",
  ansible_role_name: "role_name",
  ansible_play_hosts: "play_hosts",
  ansible_play_hosts_all: "play_hosts",
  ansible_host: "hostvars.[…].address",
};

/** Facts whose name differs inside of `ansible_facts`. */
const facts: Readonly<Record<string, string>> = {
  distribution_release: "distribution_codename",
  distribution_major_version: "distribution_version",
  os_family: "distribution",
  service_mgr: "init",
  user_id: "user",
  user_uid: "uid",
  processor_vcpus: "processors",
  processor_nproc: "processors",
  memtotal_mb: "memory_bytes",
  memfree_mb: "memory_free_bytes",
  swaptotal_mb: "swap_bytes",
  swapfree_mb: "swap_free_bytes",
};

/** What a fact inside of `ansible_facts` is called inside of `facts`. */
export function factNamed(name: string): string {
  const bare = name.replace(/^ansible_/, "");
  return Object.hasOwn(facts, bare) ? (facts[bare] ?? bare) : bare;
}

/** What a variable of Ansible is called here, or undefined when Ansible has none of that name. */
export function nameHere(name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** How a variable of Ansible is written here, as a hint. */
export function hintForAnsibleName(name: string): string | undefined {
  const here = nameHere(name);
  if (here === undefined) return undefined;
  if (name === "ansible_facts") return "write `facts`, for instance `facts.distribution`, `facts.hostname`";
  if (/_mb$/.test(name)) return `write \`${here}\`, which counts bytes`;
  if (name === "ansible_date_time")
    return "write `facts.clock`, seconds since 1970, for instance `{{date facts.clock}}`";
  if (/distribution$|os_family/.test(name)) return `write \`${here}\`, which is in small letters: "debian"`;
  if (name === "ansible_distribution_major_version") return `write \`${here}\`; for Debian it is "12", "13"`;
  if (name === "ansible_host") return "write `old_address`, `new_address`, or `hostvars.NAME.address`";
  return `write \`${here}\``;
}
