/** What the seeder and the checks need of a host: running commands in it as root. A host of the lab is one. */
export interface SeedTarget {
  readonly name: string;
  /** Its IPv4 address in the lab's network. */
  readonly address: string;
  /** Runs a command; hands back standard output, and throws unless the exit code is 0. */
  run(argv: readonly string[], options?: { readonly stdin?: Buffer | string | undefined }): Promise<string>;
}

/** Turns an argv into one that runs on this machine but inside the lab's network. */
export type InNamespace = (argv: readonly string[]) => readonly string[];

/** The argv of a shell script with arguments. */
export function shell(script: string, ...words: readonly string[]): readonly string[] {
  return ["sh", "-euc", script, "sh", ...words];
}
