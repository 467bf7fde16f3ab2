import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../contract/errors.ts";
import { writeControlFile } from "../../engine/control-file.ts";
import { sealedFormatOf } from "../../secrets/sealed-text.ts";
import type { CommandContext } from "../context.ts";
import { askSecret } from "../keys.ts";
import { chooseSeal, type SealOptions } from "./choose-seal.ts";
import { sealedYaml } from "./sealed-yaml.ts";

export interface EncryptOptions extends SealOptions {
  /** The key to write before the value. */
  readonly name?: string | undefined;
}

/** `secret encrypt`: a file in its place, or a value from the terminal or standard input as YAML on standard output. */
export async function encryptSecret(
  fileGiven: string | undefined,
  options: EncryptOptions,
  context: CommandContext,
): Promise<void> {
  if (fileGiven !== undefined) return encryptFile(fileGiven, options, context);
  const seal = await chooseSeal(options, context);
  const value = await readValue(context);
  const yaml = sealedYaml(await seal.seal(Buffer.from(value)), seal.format, 2);
  context.out(options.name === undefined ? yaml : `${options.name}: ${yaml}`);
}

async function encryptFile(given: string, options: EncryptOptions, context: CommandContext): Promise<void> {
  const file = resolve(context.surroundings.cwd, given);
  if (options.name !== undefined) {
    throw new Failure("bad-input", "--name is for a value, and a whole file has none", {
      next: "Leave it out, or give the value on standard input.",
    });
  }
  const plain = readFileSync(file);
  if (sealedFormatOf(plain.toString("latin1")) !== undefined) {
    throw new Failure("bad-input", `${given} is encrypted already`, {
      next: `mailferry secret edit ${given}`,
    });
  }
  const seal = await chooseSeal(options, context);
  const sealed = await seal.seal(plain);
  await writeControlFile(file, async (write) => write(Buffer.from(sealed)));
  context.out(`encrypted ${given}\n`);
}

/** A value typed at the terminal, or standard input without the line end that `echo` puts behind it. */
async function readValue(context: CommandContext): Promise<string> {
  const { stdin } = context.surroundings;
  const value =
    stdin.isTTY === true ? await askSecret("Value to encrypt:", "", context) : await readAll(stdin);
  if (value !== "") return value;
  throw new Failure("bad-input", "there is no value to encrypt", {
    next: "Type it, or pipe it in: printf %s VALUE | mailferry secret encrypt …",
  });
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
