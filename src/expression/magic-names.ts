/** Variables that every run knows without anybody setting them, with what they hold. */
export const magicVariables: Readonly<Record<string, string>> = {
  inventory_hostname: "the name of the host that the task runs for, as in the inventory",
  inventory_hostname_short: "the same name up to its first dot",
  group_names: "the groups that the host is in, without `all`",
  inventory_file: "the file of the inventory that names the host",
  inventory_dir: "the directory of that file",
  play_hosts: "the hosts of the play (of its batch) that have not failed",
  role_name: "the name of the role that the task belongs to",
  groups: "host names by group",
  hostvars: "the variables of every host, by its name",
  facts: "what was found out about the host: distribution, versions, clock and so on",
  old_host: "the name of the one host in group `old`",
  new_host: "the name of the one host in group `new`",
  old_address: "the address of the old host",
  new_address: "the address of the new host",
  control: "the name of the machine that Mailferry runs on",
  latches: "the latches by name with `_` for `-`: latches.old_frozen, latches.new_opened",
  stage: "the name of the stage that runs",
  check_mode: "true in check mode",
  migration: "the name of the migration",
  role_path: "the directory of the role that the task belongs to",
  playbook_dir: "the directory of the playbook",
  item: "the item of the loop that the task is in",
  loop_info: "where the loop stands, in a task with `loop_control: { extended: true }`",
  failed_task: "the task that failed: name, module, role, place; in `rescue` and `always`",
  failed_result: "what the failed task gave, as `register` would keep it; in `rescue` and `always`",
  run_id: "the id of the run",
};

/** The names of `magicVariables`. */
export const magicNames: readonly string[] = Object.keys(magicVariables);
