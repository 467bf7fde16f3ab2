import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../contract/errors.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import { sealedFormatOf } from "../../secrets/sealed-text.ts";
import type { CommandContext } from "../context.ts";
import { keyringOf } from "../keys.ts";
import type { KeyOptions } from "../options.ts";
import { type FoundValue, findValues, valueNamed } from "./find-values.ts";
import { placeOfOffset } from "./place-of-offset.ts";

export interface ViewOptions extends KeyOptions {
  readonly name?: string | undefined;
}

/** `secret view`: what is encrypted, on standard output and nowhere else: a whole file, one value, or a file with its values. */
export async function viewSecret(
  given: string,
  options: ViewOptions,
  context: CommandContext,
): Promise<void> {
  const file = resolve(context.surroundings.cwd, given);
  const text = readFileSync(file, "utf8");
  const keyring = keyringOf(options, context);
  if (sealedFormatOf(text) !== undefined) {
    const opened = await keyring.open(text, { file, line: 1, column: 1 });
    context.out(opened.toString("utf8"));
    return;
  }
  const values = findValues(text);
  const open = (value: FoundValue) => openValue(value, { file, text, keyring });
  if (options.name !== undefined) {
    context.out(`${await open(valueNamed(options.name, values, given))}\n`);
    return;
  }
  if (values.length === 0)
    throw new Failure("bad-input", `nothing in ${given} is encrypted`, {
      next: `Read it with: cat ${given}`,
    });
  let shown = text;
  // From the end, so that the offsets before it stay right.
  for (const value of values.toReversed())
    shown = `${shown.slice(0, value.start)}${JSON.stringify(await open(value))}\n${shown.slice(value.end)}`;
  context.out(shown);
}

/** What one value of a file hides. Throws BadInput with its place. */
export async function openValue(
  { sealed, start }: FoundValue,
  { file, text, keyring }: { readonly file: string; readonly text: string; readonly keyring: Keyring },
): Promise<string> {
  const opened = await keyring.open(sealed, placeOfOffset(file, text, start));
  return opened.toString("utf8");
}
