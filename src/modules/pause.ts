import { lookingModule } from "../contract/module.ts";
import { closed, given, notBoth, seconds, word } from "./argument-schemas.ts";
import { sleep } from "./sleep.ts";

export interface PauseArgs {
  readonly seconds?: number;
  readonly minutes?: number;
  readonly prompt?: string;
  readonly key?: string;
}

/** Waits for a time, or for a person. */
export const pause = lookingModule<PauseArgs>({
  name: "pause",
  description:
    "Waits for a time, or until a person goes on. Does neither in check mode. Registers `user_input` and `seconds`.",
  shorthand: "prompt",
  args: closed(
    {
      seconds: seconds("How long to wait."),
      minutes: seconds("How long to wait, in minutes."),
      prompt: word("What to say to the person; the run goes on with the Enter key."),
      key: { ...word("The name of the question in a file of answers."), default: "pause" },
    },
    {
      anyOf: [given("seconds"), given("minutes"), given("prompt")],
      allOf: [notBoth("seconds", "minutes"), notBoth("seconds", "prompt"), notBoth("minutes", "prompt")],
    },
  ),

  async look(args, _host, { checkMode, prompter, progress, signal }) {
    const { prompt: message, key = "pause" } = args;
    if (checkMode) return { result: { user_input: "", seconds: 0 } };
    if (message !== undefined) {
      return { result: { user_input: await prompter.input({ key, message }), seconds: 0 } };
    }
    const wanted = args.seconds ?? (args.minutes ?? 0) * 60;
    const end = performance.now() + wanted * 1000;
    for (let left = wanted; left > 0; left = (end - performance.now()) / 1000) {
      progress({ text: "waiting", secondsLeft: Math.ceil(left) });
      await sleep(Math.min(left, 1) * 1000, signal);
    }
    return { result: { user_input: "", seconds: wanted } };
  },
});
