import { readFileSync, realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Failure } from "../../contract/errors.ts";
import { writeControlFile } from "../../engine/control-file.ts";
import type { KeySources } from "../../secrets/keyring.ts";
import { type SealedFormat, sealedFormatOf } from "../../secrets/sealed-text.ts";
import type { CommandContext } from "../context.ts";
import { keyringFrom, keySources } from "../keys.ts";
import { type Seal, type SealOptions, sealOf } from "./choose-seal.ts";
import { type FoundValue, findValues, valueNamed } from "./find-values.ts";
import { editText } from "./run-editor.ts";
import { sealedYaml } from "./sealed-yaml.ts";
import { openValue } from "./view.ts";

export interface EditOptions extends SealOptions {
  readonly name?: string | undefined;
}

/** `secret edit`: opens a whole file, or one value of a YAML file, in an editor, and encrypts it again as it was. */
export async function editSecret(
  given: string,
  options: EditOptions,
  context: CommandContext,
): Promise<void> {
  const file = realpathSync(resolve(context.surroundings.cwd, given));
  const text = readFileSync(file, "utf8");
  const format = sealedFormatOf(text);
  const keys = { options, sources: keySources(options, context) };
  const isChanged =
    format === undefined
      ? await editValue({ file, text, given }, keys, context)
      : await editWhole({ file, text, given }, format, keys, context);
  context.out(isChanged ? `encrypted ${given} anew\n` : `${given} is as it was\n`);
}

interface SealedFile {
  readonly file: string;
  readonly text: string;
  /** Its name as the person gave it. */
  readonly given: string;
}

interface Keys {
  readonly options: EditOptions;
  readonly sources: KeySources;
}

async function editWhole(
  { file, text }: SealedFile,
  format: SealedFormat,
  keys: Keys,
  context: CommandContext,
): Promise<boolean> {
  const opened = await keyringFrom(keys.sources, context).open(text, { file, line: 1, column: 1 });
  const before = opened.toString("utf8");
  const seal = await sealAs(text, format, keys);
  const after = await editText(before, basename(file), context.surroundings.environment);
  if (after === before) return false;
  const sealed = await seal(Buffer.from(after));
  await writeControlFile(file, async (write) => write(Buffer.from(sealed)));
  return true;
}

async function editValue(
  { file, text, given }: SealedFile,
  keys: Keys,
  context: CommandContext,
): Promise<boolean> {
  const value = chosenValue(text, given, keys.options);
  const before = await openValue(value, { file, text, keyring: keyringFrom(keys.sources, context) });
  const seal = await sealAs(value.sealed, value.format, keys);
  const edited = await editText(`${before}\n`, "value.txt", context.surroundings.environment);
  const after = edited.replace(/\n$/, "");
  if (after === before) return false;
  const indent = /\n( +)\S/.exec(text.slice(value.start, value.end))?.[1]?.length;
  const yaml = sealedYaml(await seal(Buffer.from(after)), value.format, indent ?? 2);
  const whole = `${text.slice(0, value.start)}${yaml}${text.slice(value.end)}`;
  await writeControlFile(file, async (write) => write(Buffer.from(whole)));
  return true;
}

function chosenValue(text: string, given: string, { name }: EditOptions): FoundValue {
  const values = findValues(text);
  if (name !== undefined) return valueNamed(name, values, given);
  const known = values.map((value) => value.name).join(", ");
  throw new Failure("bad-input", `${given} is not encrypted as a whole`, {
    next: known === "" ? "Nothing in it is encrypted." : `Name a value of it with --name: ${known}.`,
  });
}

/** How to encrypt what was encrypted before. A file of age does not tell for whom: nobody may be locked out without a word. */
async function sealAs(
  sealed: string,
  format: SealedFormat,
  { options, sources }: Keys,
): Promise<Seal["seal"]> {
  if (format === "vault") return vaultSeal(sealed, sources);
  const { recipientCount } = await import("../../secrets/age.ts");
  const before = recipientCount(sealed);
  const seal = await sealOf(before === 0 ? "passphrase" : "recipients", options, sources);
  if (seal !== undefined && seal.recipients >= before) return seal.seal;
  const given = seal?.recipients ?? 0;
  throw new Failure("bad-input", `it is encrypted for ${before} recipients, and ${given} are given`, {
    next: "Name all of them with --recipient, or those you leave out can't open it any more.",
  });
}

/** Of several passwords the one that opened it. */
async function vaultSeal(sealed: string, sources: KeySources): Promise<Seal["seal"]> {
  const { openVault, sealVault, vaultIdOf } = await import("../../secrets/ansible-vault.ts");
  for (const { password } of await sources.vaultPasswords()) {
    const { kind } = await openVault(sealed, password);
    if (kind === "opened") return (plain) => sealVault(plain, password, vaultIdOf(sealed));
  }
  throw new Failure("bad-input", "none of the passwords given opens this", {
    next: "Name the file that holds its password with --vault-password-file, or type it with --ask-vault-pass.",
  });
}
