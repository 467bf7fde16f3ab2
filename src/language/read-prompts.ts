import { checkVariableName } from "./checks/check-reserved.ts";
import type { VarsPrompt } from "./model/playbook.ts";
import type { Reading } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { promptSchema } from "./schemas/prompt.ts";
import { flagAt, textAt } from "./task-words.ts";
import { childAt, entriesOf, type Spot } from "./yaml/spot.ts";

/** Reads `vars_prompt`. */
export function readPrompts(spot: Spot | undefined, reading: Reading): VarsPrompt[] {
  return entriesOf(spot).flatMap((entry) => {
    reading.problems.push(...validateSpot(promptSchema, entry, { what: "a prompt", keyHint }));
    const name = childAt(entry, "name");
    if (typeof name?.value !== "string") return [];
    reading.problems.push(...checkVariableName(name, name.value));
    return [
      {
        name: name.value,
        message: textAt(entry, "prompt") ?? name.value,
        default: childAt(entry, "default")?.value,
        isPrivate: flagAt(entry, "private") ?? true,
        confirm: flagAt(entry, "confirm") ?? false,
      },
    ];
  });
}

function keyHint(key: string): string | undefined {
  if (key === "encrypt" || key === "salt" || key === "salt_size") {
    return "leave it out, and make the hash on a host: `command: openssl passwd -6 -stdin` with `stdin`";
  }
  return key === "unsafe" ? "leave it out: what is typed is never taken for a template" : undefined;
}
