import { BadInput, type Failure, Refused } from "../contract/errors.ts";
import type { Json } from "../contract/json.ts";
import type { Prompter } from "../contract/prompter.ts";
import type { Redactor } from "../report/redact.ts";
import type { Answers } from "./answers.ts";
import { type AskOptions, askAtTerminal } from "./ask-at-terminal.ts";

export interface PrompterOptions extends AskOptions {
  /** A person sits at a terminal. */
  readonly interactive: boolean;
  readonly answers: Answers;
  /** `--yes`: confirmations are answered with yes; nothing else is. */
  readonly assumeYes: boolean;
  readonly redactor: Redactor;
  /** Told which question was answered from the file, so that a log shows it. */
  readonly say: (text: string) => void;
}

/**
 * Answers from the answers file first, then `--yes` (confirmations alone), then the person. With none of
 * them it throws Refused. One question at a time, also when several hosts ask.
 */
export function createPrompter(options: PrompterOptions): Prompter {
  const inTurn = oneAtATime();
  const told = (key: string, message: string, answer: string) =>
    options.say(`${message} ${answer} (answer "${key}" of the file)`);

  async function ask<T>(key: string, message: string, question: object): Promise<T> {
    if (!options.interactive) throw nobodyToAsk(key, message);
    return inTurn(() => askAtTerminal<T>(options, { ...question, message: options.redactor.clean(message) }));
  }

  return {
    async confirm({ key, message }) {
      const answer = options.answers.get(key);
      if (answer !== undefined) {
        const yes = asBoolean(key, answer);
        told(key, message, yes ? "yes" : "no");
        return yes;
      }
      if (options.assumeYes) return true;
      return ask<boolean>(key, message, { type: "confirm", default: false });
    },
    async input({ key, message, secret = false }) {
      const answer = options.answers.get(key);
      const text =
        answer === undefined ? await ask<string>(key, message, inputQuestion(secret)) : asText(key, answer);
      if (secret) options.redactor.register(text);
      if (answer !== undefined) told(key, message, secret ? "********" : text);
      return text;
    },
    async typed({ key, message, expected }) {
      const answer = options.answers.get(key);
      if (answer === undefined) return (await ask<string>(key, message, inputQuestion(false))) === expected;
      told(key, message, asText(key, answer));
      return answer === expected;
    },
    async select({ key, message, choices }) {
      const answer = options.answers.get(key);
      if (answer === undefined) {
        const listed = choices.map(({ value, label }) => ({ value, name: options.redactor.clean(label) }));
        return ask<string>(key, message, { type: "select", choices: listed });
      }
      const values = choices.map(({ value }) => value);
      const text = asText(key, answer);
      if (!values.includes(text)) throw wrongAnswer(key, text, `one of ${values.join(", ")}`);
      told(key, message, text);
      return text;
    },
  };
}

function inputQuestion(secret: boolean): object {
  return secret ? { type: "password", mask: "*" } : { type: "input" };
}

function asBoolean(key: string, answer: Json): boolean {
  if (answer === true || answer === "yes") return true;
  if (answer === false || answer === "no") return false;
  throw wrongAnswer(key, JSON.stringify(answer), "yes or no");
}

function asText(key: string, answer: Json): string {
  if (typeof answer === "string" || typeof answer === "number" || typeof answer === "boolean")
    return String(answer);
  throw wrongAnswer(key, JSON.stringify(answer), "a text");
}

function wrongAnswer(key: string, answer: string, wanted: string): BadInput {
  return new BadInput([
    { message: `the answer "${key}" is ${answer}`, hint: `Write ${wanted} into the answers file.` },
  ]);
}

function nobodyToAsk(key: string, message: string): Failure {
  return new Refused(`nobody is there to answer: ${message}`, {
    next: `Run it at a terminal, or put the answer into a file, "${key}: …", and give it with --answers.`,
  });
}

function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
