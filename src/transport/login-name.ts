import { userInfo } from "node:os";

/** The name of the user that this process runs as; undefined for a uid without an entry in the passwd file, as containers have it. */
export function loginName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
