import { Refused } from "../contract/errors.ts";
import { lookingModule } from "../contract/module.ts";
import type { Prompter } from "../contract/prompter.ts";
import { closed, oneOf, onlyWhen, text, whenIs, word, yesOrNo } from "./argument-schemas.ts";

export interface PromptArgs {
  readonly kind: "confirm" | "input" | "typed" | "select";
  readonly key: string;
  readonly message: string;
  readonly expected?: string;
  readonly choices?: readonly (string | { readonly value: string; readonly label: string })[];
  readonly secret?: boolean;
  readonly required?: boolean;
}

interface Answer {
  readonly answer: string;
  readonly confirmed: boolean;
}

/** Asks the person who runs it. */
export const prompt = lookingModule<PromptArgs>({
  name: "prompt",
  description:
    "Asks the person who runs it, or reads a file of answers. Registers `answer` and `confirmed`. In check mode a confirmation is not asked for: nothing is changed anyway.",
  args: closed(
    {
      kind: oneOf(
        ["confirm", "input", "typed", "select"],
        "`confirm`: yes or no. `typed`: goes on when `expected` is typed. `input`: any text. `select`: one of `choices`.",
      ),
      key: { ...word("The name of the question in a file of answers."), pattern: "^[A-Za-z0-9_.-]+$" },
      message: word("The question."),
      expected: word("What has to be typed, letter by letter."),
      choices: {
        type: "array",
        minItems: 1,
        description: "What can be chosen: texts, or pairs of `value` and `label`.",
        items: {
          anyOf: [
            word("A value that is its own label."),
            closed(
              { value: text("What is registered."), label: word("What is shown.") },
              { required: ["value", "label"] },
            ),
          ],
        },
      },
      secret: yesOrNo("Show nothing while it is typed. Set `no_log` on the task too.", false),
      required: yesOrNo("A no ends the run. Otherwise it is registered as `confirmed: false`.", true),
    },
    {
      required: ["kind", "key", "message"],
      allOf: [
        whenIs("kind", "typed", { needs: ["expected"] }),
        whenIs("kind", "select", { needs: ["choices"] }),
        onlyWhen("expected", "kind", "typed"),
        onlyWhen("choices", "kind", "select"),
        onlyWhen("secret", "kind", "input"),
        onlyWhen("required", "kind", "confirm", "typed"),
      ],
    },
  ),

  async look(args, host, { prompter, checkMode, notice }) {
    const { kind, message, required = true } = args;
    if (checkMode && (kind === "confirm" || kind === "typed")) {
      notice(`would ask: ${message}`);
      return { result: { answer: "", confirmed: true } };
    }
    const { answer, confirmed } = await ask(args, prompter);
    if (!confirmed && required) {
      throw new Refused(`not confirmed: ${message}`, {
        host: host.name,
        next: "This step and all after it were not done. Run the stage again to be asked again.",
      });
    }
    return { result: { answer, confirmed } };
  },
});

async function ask(args: PromptArgs, prompter: Prompter): Promise<Answer> {
  const { kind, key, message, expected = "", choices = [], secret = false } = args;
  if (kind === "input") return { answer: await prompter.input({ key, message, secret }), confirmed: true };
  if (kind === "select") {
    const labelled = choices.map((choice) =>
      typeof choice === "string" ? { value: choice, label: choice } : choice,
    );
    return { answer: await prompter.select({ key, message, choices: labelled }), confirmed: true };
  }
  const confirmed =
    kind === "confirm"
      ? await prompter.confirm({ key, message })
      : await prompter.typed({ key, message, expected });
  return { answer: confirmed ? "yes" : "no", confirmed };
}
