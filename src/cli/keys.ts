import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../contract/errors.ts";
import { createKeyring, type Keyring, type KeySources, type VaultPassword } from "../secrets/keyring.ts";
import type { CommandContext } from "./context.ts";
import { homeDirectory } from "./home-directory.ts";
import type { KeyOptions } from "./options.ts";

/** The keyring of a command line: what it opens is masked in all that is shown from then on. */
export function keyringOf(options: KeyOptions, context: CommandContext): Keyring {
  return keyringFrom(keySources(options, context), context);
}

/** A keyring of these keys. */
export function keyringFrom(sources: KeySources, { redactor }: CommandContext): Keyring {
  return createKeyring(sources, (value) => redactor.register(value));
}

/**
 * The keys of a command line and its environment, each read or asked for once, when it is first needed. A variable of the
 * environment names a file, never the key itself.
 */
export function keySources(options: KeyOptions, context: CommandContext): KeySources {
  const { environment, cwd } = context.surroundings;
  const named = (variable: string) => (environment[variable] ? [environment[variable]] : []);
  const fileAt = (given: string) => placeOf(given, cwd, environment);
  const filesOr = (given: readonly string[] | undefined, variable: string) =>
    (given === undefined || given.length === 0 ? named(variable) : given).map(fileAt);

  return {
    identities: once(async () => {
      const files = filesOr(options.identity, "MAILFERRY_IDENTITY_FILE");
      return (await Promise.all(files.map((file) => readIdentities(file, context)))).flat();
    }),
    passphrase: once(async () => {
      if (options.askSecretPass)
        return askSecret("Passphrase of the encrypted values:", hints.secret, context);
      const [file] = filesOr(
        options.secretPassFile ? [options.secretPassFile] : [],
        "MAILFERRY_SECRET_PASS_FILE",
      );
      return file === undefined ? undefined : firstOf(file, readPassword(file, context));
    }),
    vaultPasswords: once(async () => {
      const passwords: VaultPassword[] = [];
      for (const given of options.vaultId ?? []) {
        const [, id = "default", source = given] = /^([^@]*)@(.*)$/s.exec(given) ?? [];
        passwords.push({ id, password: await vaultPassword(id, source, fileAt, context) });
      }
      const isToldOtherwise = passwords.length > 0 || options.askVaultPass;
      const files = isToldOtherwise
        ? (options.vaultPasswordFile ?? []).map(fileAt)
        : filesOr(options.vaultPasswordFile, "ANSIBLE_VAULT_PASSWORD_FILE");
      for (const file of files)
        passwords.push({ id: "default", password: await passwordFrom(file, "default", context) });
      if (options.askVaultPass)
        passwords.push({ id: "default", password: await askSecret("Vault password:", hints.vault, context) });
      return passwords;
    }),
  };
}

const hints = {
  secret: "Give the passphrase by --secret-pass-file FILE.",
  vault: "Give the password by --vault-password-file FILE.",
};

function placeOf(
  given: string,
  cwd: string,
  environment: CommandContext["surroundings"]["environment"],
): string {
  const home = given.startsWith("~/") ? homeDirectory(environment) : undefined;
  return home === undefined ? resolve(cwd, given) : resolve(home, given.slice(2));
}

async function vaultPassword(
  id: string,
  source: string,
  fileAt: (given: string) => string,
  context: CommandContext,
): Promise<string> {
  if (source === "prompt" || source === "prompt_ask_vault_pass")
    return askSecret(`Vault password (${id}):`, hints.vault, context);
  return passwordFrom(fileAt(source), id, context);
}

/** A password file; as in Ansible one that can be executed is run, and `…-client` is told the vault id. */
async function passwordFrom(file: string, id: string, context: CommandContext): Promise<string> {
  if (!isExecutable(file)) return firstOf(file, readPassword(file, context));
  const isClient = /-client(\.[^.]*)?$/.test(basename(file));
  try {
    const { stdout } = await promisify(execFile)(file, isClient ? ["--vault-id", id] : []);
    return firstOf(file, mask(stdout.trim(), context));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new Failure("bad-input", `${file}, which is to print a password, ended with ${code}`, {
      next: "run it by hand, or take its executable bit away if it holds the password itself",
    });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return (statSync(file).mode & 0o111) !== 0;
  } catch {
    // Not there or not to be read: reading it says so.
    return false;
  }
}

function readPassword(file: string, context: CommandContext): string {
  return mask(readKeyFile(file).trim(), context);
}

function firstOf(file: string, password: string): string {
  if (password !== "") return password;
  throw new Failure("bad-input", `${file} is empty`, { next: "put the password into it" });
}

async function readIdentities(file: string, context: CommandContext): Promise<string[]> {
  const { isIdentity } = await import("../secrets/age.ts");
  const words = readKeyFile(file)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const wrong = words.findIndex((word) => !isIdentity(word));
  if (words.length > 0 && wrong === -1) return words.map((word) => mask(word, context));
  const what = words.length === 0 ? "holds no age identity" : "holds something else than age identities";
  throw new Failure("bad-input", `${file} ${what}`, {
    next: "a line AGE-SECRET-KEY-1… is wanted: mailferry secret keygen FILE makes one",
  });
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why = code === "ENOENT" ? "is not there" : `can't be read (${String(code)})`;
    throw new Failure("bad-input", `the key file ${file} ${why}`, { next: `see \`ls -l ${file}\`` });
  }
}

/** Asks at the terminal, on standard error: standard output may be what a person wants to keep. */
export async function askSecret(
  message: string,
  otherwise: string,
  context: CommandContext,
): Promise<string> {
  const { stdin, stderr } = context.surroundings;
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new Failure("bad-input", `there is no terminal to ask at: ${message}`, { next: otherwise });
  }
  const { askAtTerminal } = await import("./ask-at-terminal.ts");
  const nothing = () => undefined;
  const answer = await askAtTerminal<string>(
    {
      input: stdin,
      output: stderr,
      screen: { suspend: nothing, resume: nothing },
      stopping: new AbortController().signal,
      onInterrupt: nothing,
    },
    { type: "password", mask: "*", message },
  );
  return mask(answer, context);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function mask(secret: string, { redactor }: CommandContext): string {
  redactor.register(secret);
  return secret;
}
