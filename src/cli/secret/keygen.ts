import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../contract/errors.ts";
import { makeIdentity } from "../../secrets/age.ts";
import type { CommandContext } from "../context.ts";

/** `secret keygen`: a new age identity in a file that only its owner can read, as `age-keygen` writes it. */
export async function makeIdentityFile(given: string, context: CommandContext): Promise<void> {
  const { identity, recipient } = await makeIdentity();
  const text = `# public key: ${recipient}\n${identity}\n`;
  try {
    writeFileSync(resolve(context.surroundings.cwd, given), text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new Failure("bad-input", `${given} is there already, and may be the only key to something`, {
      next: "Name a new file.",
    });
  }
  context.out(`${given} opens what is encrypted for ${recipient}\nKeep it out of version control.\n`);
}
