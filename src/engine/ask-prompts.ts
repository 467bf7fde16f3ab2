import { Refused } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Play, VarsPrompt } from "../language/model/playbook.ts";
import { formatPlace } from "../language/problems.ts";
import type { RunScope } from "./scope.ts";

/**
 * Asks for the variables of `vars_prompt`, but for those that `-e` gives. A run that is resumed asks only for what it
 * must not keep: the private ones.
 */
export async function askPrompts(
  scope: RunScope,
  { prompts, place }: Pick<Play, "prompts" | "place">,
): Promise<JsonObject> {
  const { progress, request } = scope;
  const asked = prompts.filter(({ name }) => !Object.hasOwn(request.extraVariables, name));
  if (asked.length === 0) return {};
  const play = formatPlace(place);
  const { time, answers: before = {} } = progress.answersTo(play);
  const answers: Record<string, Json> = {};
  for (const prompt of asked) {
    answers[prompt.name] = before[prompt.name] ?? (await askOne(scope, prompt));
  }
  const open = asked.filter(({ isPrivate }) => !isPrivate).map(({ name }) => [name, answers[name]]);
  progress.answered(play, time, Object.fromEntries(open));
  return answers;
}

async function askOne(scope: RunScope, prompt: VarsPrompt): Promise<Json> {
  const fallback = prompt.default;
  try {
    const answer = await askUntilSure(scope, prompt);
    if (prompt.isPrivate && answer !== "") scope.request.onSecret?.(answer);
    return answer === "" && fallback !== undefined ? fallback : answer;
  } catch (error) {
    // As with Ansible: nobody there to ask, the default counts.
    if (!(error instanceof Refused) || fallback === undefined) throw error;
    scope.emit({
      type: "notice",
      text: `nobody is there to answer "${prompt.message}": its default is taken`,
    });
    return fallback;
  }
}

async function askUntilSure({ request, emit }: RunScope, prompt: VarsPrompt): Promise<string> {
  const shown = prompt.default === undefined || prompt.isPrivate ? "" : ` [${String(prompt.default)}]`;
  const question = { key: prompt.name, message: prompt.message + shown, secret: prompt.isPrivate };
  for (;;) {
    const answer = await request.prompter.input(question);
    if (!prompt.confirm) return answer;
    const again = await request.prompter.input({ ...question, message: `${prompt.message} (once more)` });
    if (again === answer) return answer;
    emit({ type: "notice", text: "the two answers are not the same" });
  }
}
