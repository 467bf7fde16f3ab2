import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../contract/errors.ts";
import { splitWords } from "../../contract/split-words.ts";
import type { Surroundings } from "../surroundings.ts";

/**
 * Lets a person edit a text in $VISUAL, $EDITOR or vi. Meanwhile it lies in a file that only they can read, in memory where
 * the system has a place for that; the file goes when the editor ends.
 */
export async function editText(
  text: string,
  name: string,
  environment: Surroundings["environment"],
): Promise<string> {
  const directory = mkdtempSync(join(homeOfSecrets(environment), "mailferry-"));
  const file = join(directory, name);
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
    const editor = environment.VISUAL || environment.EDITOR || "vi";
    await run([...splitWords(editor), file], environment);
    return readFileSync(file, "utf8");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function homeOfSecrets({ XDG_RUNTIME_DIR }: Surroundings["environment"]): string {
  return [XDG_RUNTIME_DIR, "/dev/shm"].find((path) => path && existsSync(path)) ?? tmpdir();
}

function run([program = "vi", ...args]: readonly string[], env: Surroundings["environment"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) =>
      reject(
        new Failure("bad-input", `the editor ${program} ${why}; nothing was changed`, {
          next: "Set VISUAL or EDITOR to another one.",
        }),
      );
    const editor = spawn(program, args, { stdio: "inherit", env });
    editor.on("error", ({ message }) => failed(`can't be started: ${message}`));
    editor.on("close", (code, signal) => {
      if (code === 0) resolve();
      else failed(`ended with ${code === null ? signal : `exit code ${code}`}`);
    });
  });
}
