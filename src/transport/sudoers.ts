/** Who logs in to a host, and whom sudo has to let it become. */
export interface SudoRights {
  readonly loginUser: string;
  /** Undefined where a playbook finds out during the run whom it becomes. */
  readonly becomeUsers: readonly string[] | undefined;
  /** Whether sudo asks for the login user's password. */
  readonly asksPassword: boolean;
}

/**
 * The lines of a sudoers file that let Mailferry work on a host: all it starts through sudo is /bin/sh (`loginCommand`), and
 * each shell reads its scripts from its input.
 */
export function sudoersLines({ loginUser, becomeUsers, asksPassword }: SudoRights): readonly string[] {
  const users = becomeUsers === undefined ? "ALL" : [...new Set(becomeUsers)].sort().join(", ");
  const tag = asksPassword ? "" : "NOPASSWD: ";
  return [`Defaults:${loginUser} !requiretty`, `${loginUser} ALL = (${users}) ${tag}/bin/sh`];
}
