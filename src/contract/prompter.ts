/** Asks the person, or reads the answers file. Without a terminal and without an answer it throws Refused; it never takes a default for yes. */
export interface Prompter {
  /** `key` names the question in the answers file. */
  confirm(question: { readonly key: string; readonly message: string }): Promise<boolean>;
  input(question: {
    readonly key: string;
    readonly message: string;
    readonly secret?: boolean;
  }): Promise<string>;
  /** Goes on only when exactly `expected` is typed. `--yes` does not answer it. */
  typed(question: {
    readonly key: string;
    readonly message: string;
    readonly expected: string;
  }): Promise<boolean>;
  select(question: {
    readonly key: string;
    readonly message: string;
    readonly choices: readonly { readonly value: string; readonly label: string }[];
  }): Promise<string>;
}
