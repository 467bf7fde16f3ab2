import { type SeedTarget, shell } from "./target.ts";

/** A password as the user types it and as the database holds it. */
export interface SeedPassword {
  readonly plain: string;
  /** With its scheme in front: "{BLF-CRYPT}$2y$…". */
  readonly hash: string;
  readonly scheme: string;
}

/** The schemes that ISPmail servers have seen over the years, all of which Dovecot 2.3 and 2.4 accept. */
export const passwordSchemes = ["BLF-CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "SSHA512", "ARGON2ID"] as const;

/** What people type, and what breaks programs that quote badly. */
const plainPasswords = [
  "summersun",
  `it's "quoted" $HOME`,
  "{{ handlebars }}",
  "grün&weiß",
  "100%; DROP TABLE",
];

/** Has Dovecot make one hash for each scheme and password. Users share them: hashing is slow on purpose. */
export async function makePasswords(
  target: SeedTarget,
  schemes: readonly string[] = passwordSchemes,
): Promise<readonly SeedPassword[]> {
  const pairs = plainPasswords.flatMap((plain) => schemes.map((scheme) => ({ plain, scheme })));
  const script = 'while [ $# -gt 0 ]; do doveadm pw -s "$1" -p "$2"; shift 2; done';
  const output = await target.run(shell(script, ...pairs.flatMap(({ plain, scheme }) => [scheme, plain])));
  const hashes = output.trim().split("\n");
  return pairs.map((pair, index) => {
    const hash = hashes[index];
    if (hash === undefined) throw new Error(`no hash was made for ${pair.scheme}`);
    return { ...pair, hash };
  });
}

/** The password of the n-th user: schemes take turns. */
export function passwordOf(passwords: readonly SeedPassword[], index: number): SeedPassword {
  const password = passwords[index % passwords.length];
  if (password === undefined) throw new RangeError("there are no passwords");
  return password;
}
