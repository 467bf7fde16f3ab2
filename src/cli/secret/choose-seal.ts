import { Failure } from "../../contract/errors.ts";
import { sealVault } from "../../secrets/ansible-vault.ts";
import type { KeySources } from "../../secrets/keyring.ts";
import type { SealedFormat } from "../../secrets/sealed-text.ts";
import type { CommandContext } from "../context.ts";
import { askSecret, keySources } from "../keys.ts";
import type { KeyOptions } from "../options.ts";

/** Options of the commands that encrypt. */
export interface SealOptions extends KeyOptions {
  /** `age1…`: whom it is encrypted for. */
  readonly recipient?: readonly string[] | undefined;
}

/** What something is encrypted by. */
export type LockKind = "recipients" | "passphrase" | "vault";

/** A way to encrypt. */
export interface Seal {
  readonly format: SealedFormat;
  /** How many recipients of age can open what it makes; 0 for a passphrase or a password. */
  readonly recipients: number;
  seal(plain: Buffer): Promise<string>;
}

/**
 * What the options ask to encrypt by, or the environment when they don't: recipients or those of identities, a passphrase, a
 * password of Ansible Vault. Throws Failure when nothing says it, or two options say different things.
 */
export async function chooseSeal(options: SealOptions, context: CommandContext): Promise<Seal> {
  const asked = kindsAsked(options);
  const sources = keySources(options, context);
  if (asked.length > 1) {
    throw new Failure("bad-input", "keys of different kinds are given, and one is to encrypt", {
      next: "Give recipients or identities of age, or one passphrase, or one password of Ansible Vault.",
    });
  }
  for (const kind of asked.length > 0 ? asked : allKinds) {
    const seal = await sealOf(kind, options, sources);
    if (seal === undefined) continue;
    await askAgain(options, seal, context);
    return seal;
  }
  throw new Failure("bad-input", "nothing says what to encrypt with", {
    next: "Give --identity FILE (mailferry secret keygen FILE makes one), --recipient age1…, --ask-secret-pass or --ask-vault-pass.",
  });
}

/** The way to encrypt by age's recipients or by a passphrase; undefined when no key of that kind is given. */
export async function sealOf(
  kind: LockKind,
  options: SealOptions,
  sources: KeySources,
): Promise<(Seal & { readonly secret?: string }) | undefined> {
  if (kind === "vault") {
    const [first] = await sources.vaultPasswords();
    if (first === undefined) return undefined;
    const id = first.id === "default" ? undefined : first.id;
    const seal = (plain: Buffer) => sealVault(plain, first.password, id);
    return { format: "vault", recipients: 0, secret: first.password, seal };
  }
  const { sealAge } = await import("../../secrets/age.ts");
  if (kind === "passphrase") {
    const passphrase = await sources.passphrase();
    if (passphrase === undefined) return undefined;
    const seal = (plain: Buffer) => sealAge(plain, { passphrase });
    return { format: "age", recipients: 0, secret: passphrase, seal };
  }
  const recipients = await recipientsOf(options, sources.identities);
  if (recipients.length === 0) return undefined;
  const seal = (plain: Buffer) => sealAge(plain, { recipients });
  return { format: "age", recipients: recipients.length, seal };
}

const allKinds: readonly LockKind[] = ["recipients", "passphrase", "vault"];

function kindsAsked(options: SealOptions): LockKind[] {
  const { recipient = [], identity = [], vaultPasswordFile = [], vaultId = [] } = options;
  const asked: Readonly<Record<LockKind, boolean>> = {
    recipients: recipient.length + identity.length > 0,
    passphrase: options.askSecretPass === true || options.secretPassFile !== undefined,
    vault: options.askVaultPass === true || vaultPasswordFile.length + vaultId.length > 0,
  };
  return allKinds.filter((kind) => asked[kind]);
}

async function recipientsOf(
  { recipient: given = [] }: SealOptions,
  identities: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { isRecipient, recipientOf } = await import("../../secrets/age.ts");
  const wrong = given.find((word) => !isRecipient(word));
  if (wrong !== undefined) {
    throw new Failure("bad-input", `"${wrong}" is no recipient of age`, {
      next: "It begins with age1, and mailferry secret keygen prints it.",
    });
  }
  return given.length > 0 ? given : Promise.all((await identities()).map(recipientOf));
}

/** A slip in what was typed would lock everybody out. */
async function askAgain(
  { askSecretPass, askVaultPass }: SealOptions,
  { secret }: { readonly secret?: string },
  context: CommandContext,
): Promise<void> {
  if (secret === undefined || !(askSecretPass || askVaultPass)) return;
  if ((await askSecret("The same once more:", "", context)) === secret) return;
  throw new Failure("bad-input", "the two are not the same", { next: "Run it again." });
}
