/** Words of Ansible's playbooks that Mailferry does without, and what takes their place. */
const ansibleWords: Readonly<Record<string, string>> = {
  with_items: "write `loop`",
  with_list: "write `loop`",
  with_dict: "write `loop` over a list of maps",
  with_fileglob: "write `loop`",
  local_action: "write the module as usual, and `delegate_to: control`",
  action: "write the module's name as the key",
  args: "write the arguments under the module's name",
  async: "leave it out: what takes long runs as a job by itself and survives a lost link",
  poll: "leave it out: what takes long runs as a job by itself and survives a lost link",
  remote_user: "set `user` for the host in the inventory",
  connection: "set `connection` for the host in the inventory",
  port: "set `port` for the host in the inventory",
  become_method: "leave it out: sudo is used",
  become_flags: "leave it out: sudo is used",
  environment: "set it in the command: `env NAME=value …`",
  vars_files: "write the variables into `vars` or the inventory, or pass a file with `-e @file.yml`",
  vars_prompt: "use the module `prompt`",
  serial: "leave it out: a play runs for all its hosts together",
  strategy: "leave it out: hosts go task by task together",
  any_errors_fatal: "leave it out: the other hosts finish, then the stage stops",
  max_fail_percentage: "leave it out",
  collections: "leave it out: modules come with Mailferry",
  module_defaults: "write the arguments at each task",
  meta: "leave it out: handlers run at the end of a play",
  import_playbook: "write its plays here, or make them a role",
  diff: "pass `--diff` on the command line",
  throttle: "leave it out",
  order: "leave it out",
  ignore_unreachable: "leave it out: an unreachable host stops the stage",
  remote_src: "leave it out",
  gather_subset: "leave it out: all facts come in one round trip",
  hosts: "hosts belong to a play, not to a task",
};

/** What to write in place of a word that Ansible has and Mailferry hasn't. */
export function hintForAnsibleWord(word: string): string | undefined {
  return Object.hasOwn(ansibleWords, word) ? ansibleWords[word] : undefined;
}
