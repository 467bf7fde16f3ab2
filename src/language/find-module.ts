import type { Problem } from "../contract/errors.ts";
import { isMap } from "../contract/json.ts";
import { didYouMean, nearestName } from "../expression/did-you-mean.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import { explainOldForm } from "./old-forms.ts";
import { taskSchema } from "./schemas/task.ts";
import { childAt, keyPlaceOf, problemAt, type Spot } from "./yaml/spot.ts";

/** The words that may stand in a task beside its module. */
export const taskWords: readonly string[] = Object.keys(taskSchema.properties as object);

/** Keys that make a task something else than a call of a module. */
const structureWords: readonly string[] = [
  "block",
  "include_tasks",
  "import_tasks",
  "include_role",
  "import_role",
  "meta",
];

/** The one key of a task that names a module; or what is wrong with its keys. */
export function findModule(
  task: Spot,
  moduleNames: readonly string[],
): { readonly module?: Spot | undefined; readonly problems: readonly Problem[] } {
  const keys = isMap(task.value) ? Object.keys(task.value) : [];
  const strangers = keys.filter((key) => !taskWords.includes(key));
  const modules = strangers.filter((key) => moduleNames.includes(key));
  const unknown = strangers.filter((key) => !moduleNames.includes(key));
  const [first, second] = modules;
  const problems = unknown.map((key) => unknownKey(task, key, first, moduleNames));
  if (second !== undefined) {
    const message = `a task has one module, this one has ${modules.map((key) => `\`${key}\``).join(" and ")}`;
    problems.push({ message, place: keyAt(task, second), hint: "make a task of each" });
  }
  if (strangers.length === 0) {
    problems.push({
      message: "the task has no module",
      place: keyPlaceOf(task),
      hint: "write what it does, for instance `command: /bin/true`; all modules: mailferry doc --list",
    });
  }
  return { module: first === undefined ? undefined : childAt(task, first), problems };
}

function unknownKey(
  task: Spot,
  key: string,
  module: string | undefined,
  moduleNames: readonly string[],
): Problem {
  const place = keyAt(task, key);
  const short = key.split(".").at(-1) ?? key;
  if (short !== key && moduleNames.includes(short)) {
    return { message: `unknown module \`${key}\``, place, hint: `write \`${short}\`` };
  }
  const oldForm = explainOldForm(key, childAt(task, key)?.value ?? null);
  const hint = oldForm ?? hintForAnsibleWord(key);
  if (module !== undefined) {
    const known = [...taskWords, ...structureWords];
    return {
      message: `a task has no \`${key}\``,
      place,
      hint: hint ?? didYouMean(key, known) ?? argumentHint(module),
    };
  }
  const word = nearestName(key, taskWords);
  const isWord = oldForm !== undefined || (word !== undefined && nearestName(key, moduleNames) === undefined);
  return {
    message: isWord ? `a task has no \`${key}\`` : `unknown module \`${key}\``,
    place,
    hint:
      hint ??
      didYouMean(key, [...moduleNames, ...taskWords, ...structureWords]) ??
      "all modules: mailferry doc --list",
  };
}

function argumentHint(module: string): string {
  return `if it is an argument of \`${module}\`, indent it under \`${module}:\``;
}

function keyAt(task: Spot, key: string): Problem["place"] {
  const child = childAt(task, key);
  return child === undefined ? problemAt(task, "").place : keyPlaceOf(child);
}
