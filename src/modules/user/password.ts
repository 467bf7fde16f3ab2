import { BadInput } from "../../contract/errors.ts";

/** Throws BadInput for a text that is no password's hash: it would lock the account, or stand open in /etc/shadow. */
export function requireHash(password: string): void {
  // The text itself is not shown: it may well be the password.
  if (password === "" || /^(?:[!*]+|[!*]*\$[A-Za-z0-9-]+\$[^:\s]+)$/.test(password)) return;
  throw new BadInput([
    {
      message: "user: `password` wants a hash, and was given something else",
      hint: "Make one with: openssl passwd -6, or mkpasswd --method=yescrypt. `*` lets no password in.",
    },
  ]);
}

/** Two hashes that let the same password in; a lock in front of them is left aside. */
export function isSameHash(a: string, b: string): boolean {
  return a.replace(/^!+/, "") === b.replace(/^!+/, "");
}

/** True when the hash has the mark that lets nobody in. */
export function isLocked(hash: string): boolean {
  return hash.startsWith("!");
}

/** True when there is a hash behind the lock that can be let in again. */
export function canBeUnlocked(hash: string): boolean {
  return isLocked(hash) && !/^[!*]*$/.test(hash);
}
