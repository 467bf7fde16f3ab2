import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { renderValue } from "../expression/template.ts";
import type { Flag, Source } from "../language/model/source.ts";
import type { WordsWithTemplates } from "../language/model/words.ts";
import { countOf } from "./amount.ts";

/** Words with their templates rendered. */
export type Settled<Words extends WordsWithTemplates> = Omit<Words, keyof WordsWithTemplates> & SettledWords;

type SettledWords = {
  readonly [Word in keyof WordsWithTemplates]: Exclude<WordsWithTemplates[Word], Source>;
};

const settleBy: {
  readonly [Word in keyof WordsWithTemplates]-?: (
    written: Exclude<WordsWithTemplates[Word], undefined>,
    variables: Variables,
  ) => SettledWords[Word];
} = {
  become: flagOf,
  becomeUser: textOf,
  noLog: flagOf,
  ignoreErrors: flagOf,
  ignoreUnreachable: flagOf,
  anyErrorsFatal: flagOf,
  runOnce: flagOf,
  throttle: (written, variables) => countOf(written, variables) || undefined,
  checkMode: flagOf,
  diff: flagOf,
};

const names = Object.keys(settleBy) as (keyof WordsWithTemplates)[];

/** Renders the words in which templates stand. Throws BadInput with the place of the first that can't be. */
export function settleWords<Words extends WordsWithTemplates>(
  words: Words,
  variables: () => Variables,
): Settled<Words> {
  return settle(words, variables, (error) => {
    throw error;
  });
}

/**
 * The same, where what can't be rendered (yet: an item may be missing) stays away. `hides` is what becomes of a `no_log`
 * that is not known.
 */
export function settleKnownWords<Words extends WordsWithTemplates>(
  words: Words,
  variables: () => Variables,
  hides = false,
): Settled<Words> {
  return settle(words, variables, (error, name) => {
    if (!(error instanceof BadInput)) throw error;
    return name === "noLog" ? hides : undefined;
  });
}

/** Whether a flag holds, for words of a play that belong to no host. */
export function flagOf(written: Flag, variables: Variables): boolean | undefined {
  if (typeof written === "boolean") return written;
  const value = renderValue(written.text, variables, written.place);
  if (value === null) return undefined;
  // `-e` gives texts.
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw wrong(written, value, "neither true nor false", "write a condition: \"{{cel 'a == 1'}}\"");
}

function textOf(written: string | Source, variables: Variables): string | undefined {
  if (typeof written === "string") return written;
  const value = renderValue(written.text, variables, written.place);
  if (value === null) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw wrong(written, value, "no name", "give the variable a text");
}

function settle<Words extends WordsWithTemplates>(
  words: Words,
  variables: () => Variables,
  onError: (error: unknown, name: string) => boolean | undefined,
): Settled<Words> {
  const open = names.filter((name) => typeof words[name] === "object");
  if (open.length === 0) return words as unknown as Settled<Words>;
  const seen = variables();
  const settled = open.map((name) => {
    try {
      const by = settleBy[name] as (written: unknown, variables: Variables) => unknown;
      return [name, by(words[name], seen)];
    } catch (error) {
      return [name, onError(error, name)];
    }
  });
  return { ...words, ...Object.fromEntries(settled) };
}

function wrong({ text, place }: Source, value: unknown, what: string, hint: string): BadInput {
  return new BadInput([
    { message: `\`${text}\` gives ${JSON.stringify(value)}, which is ${what}`, place, hint },
  ]);
}
