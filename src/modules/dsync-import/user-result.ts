/** What became of one user in a job that asks doveadm for each. */
export interface UserResult {
  readonly user: string;
  /** doveadm's exit code; `none`: there was nothing to do. */
  readonly code: number | "none";
  /** What doveadm said, in one line. */
  readonly said: string;
}

/** Reads a line of a job; undefined for one that tells of no user. */
export function readUserResult(line: string): UserResult | undefined {
  const [, code, user, said] = /^mailferry: ([0-9]+|none)\t([^\t]*)\t(.*)$/.exec(line) ?? [];
  if (code === undefined || user === undefined) return undefined;
  return { user, code: code === "none" ? code : Number(code), said: said ?? "" };
}

/** A shell function that prints such a line of `$user` and ends the shell: `tell CODE SAID`. */
export const tellFunction = String.raw`tell() {
  lines=$(printf "%s\n" "$2" | tr "\t" " ")
  said=$(printf "%s\n" "$lines" | grep -E "Error|Fatal|Panic" | head -n 1 | cut -c 1-600)
  [ -n "$said" ] || said=$(printf "%s\n" "$lines" | tail -n 1 | cut -c 1-600)
  printf "mailferry: %s\t%s\t%s\n" "$1" "$user" "$said"
  exit 0
}`;
