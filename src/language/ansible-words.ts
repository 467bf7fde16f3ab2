/** Words of Ansible's playbooks that Mailferry does without, and what takes their place. */
const ansibleWords: Readonly<Record<string, string>> = {
  remote_user: "set `user` for the host in the inventory",
  connection: "set `connection` for the host in the inventory; this machine is `hosts: control`",
  port: "set `port` for the host in the inventory",
  become_flags: "leave it out: sudo is used, without flags of its own",
  become_exe: "leave it out: the sudo of the host's PATH is used",
  debugger: "leave it out: after a failure run the stage again, it goes on where it stopped",
  fact_path: "leave it out: read files of facts with `slurp` or `command` and `register`",
  gather_timeout: "leave it out: facts come in one round trip, with the connection's timeout",
  collections: "leave it out: modules come with Mailferry",
  import_playbook: "write it among the plays, as an entry of its own",
  remote_src: "leave it out",
  gather_subset: "leave it out: all facts come in one round trip, with the connection",
  hosts: "hosts belong to a play, not to a task",
};

/** What to write in place of a word that Ansible has and Mailferry hasn't. */
export function hintForAnsibleWord(word: string): string | undefined {
  return Object.hasOwn(ansibleWords, word) ? ansibleWords[word] : undefined;
}
