import { BadInput, type Place } from "../contract/errors.ts";
import { openVault, vaultIdOf } from "./ansible-vault.ts";
import { type Opening, sealedFormatOf } from "./sealed-text.ts";

/** A password of Ansible Vault, with the id that it goes by. */
export interface VaultPassword {
  readonly id: string;
  readonly password: string;
}

/** Where keys come from: asked only when something is met that wants them, and then perhaps several times. */
export interface KeySources {
  /** `AGE-SECRET-KEY-1…` */
  identities(): Promise<readonly string[]>;
  /** undefined when none was given. */
  passphrase(): Promise<string | undefined>;
  vaultPasswords(): Promise<readonly VaultPassword[]>;
}

/** Opens what is encrypted, and knows what came out of it. */
export interface Keyring {
  /** The bytes of an encrypted text that stands at a place. Throws BadInput: no key, the wrong one, or a damaged text. */
  open(sealed: string, place: Place): Promise<Buffer>;
  /** Notes a value that came out of an encrypted text: it is masked from then on. */
  remember(value: string): void;
  /** Whether a value came out of an encrypted text. */
  knows(value: string): boolean;
}

/** Makes a keyring. `onSecret` is told each value that is remembered. */
export function createKeyring(sources: KeySources, onSecret: (value: string) => void): Keyring {
  const known = new Set<string>();

  async function tryKeys(sealed: string, kind: KeyKind): Promise<Opening | NoKey> {
    if (kind === "vault password") return tryVaultPasswords(sealed, await sources.vaultPasswords());
    const { openAge } = await import("./age.ts");
    if (kind === "passphrase") {
      const passphrase = await sources.passphrase();
      return passphrase === undefined ? { kind: "no key" } : openAge(sealed, { passphrase });
    }
    const identities = await sources.identities();
    return identities.length === 0 ? { kind: "no key" } : openAge(sealed, { identities });
  }

  return {
    async open(sealed, place) {
      const wanted = await wantedKey(sealed);
      if (wanted === undefined) throw notSealed(place);
      const opening = wanted === "damaged" ? damagedAge : await tryKeys(sealed, wanted);
      if (opening.kind === "opened") return opening.bytes;
      throw new BadInput([{ ...explain(opening, wanted), place }]);
    },
    remember(value) {
      known.add(value);
      onSecret(value);
    },
    knows: (value) => known.has(value),
  };
}

/** A keyring without any key. */
export const noKeys: Keyring = createKeyring(
  {
    identities: async () => [],
    passphrase: async () => undefined,
    vaultPasswords: async () => [],
  },
  () => undefined,
);

type KeyKind = "identity" | "passphrase" | "vault password";

interface NoKey {
  readonly kind: "no key";
}

const damagedAge: Opening = { kind: "damaged", why: "it is not whole" };

/** What kind of key a text wants; undefined when it is not encrypted. */
async function wantedKey(sealed: string): Promise<KeyKind | "damaged" | undefined> {
  const format = sealedFormatOf(sealed);
  if (format === undefined) return undefined;
  if (format === "vault") return "vault password";
  const { wantsPassphrase } = await import("./age.ts");
  const wants = wantsPassphrase(sealed);
  if (wants === undefined) return "damaged";
  return wants ? "passphrase" : "identity";
}

/** The password that the text names first, then all others: a vault id is no more than a hint, as in Ansible. */
async function tryVaultPasswords(sealed: string, given: readonly VaultPassword[]): Promise<Opening | NoKey> {
  const wanted = vaultIdOf(sealed);
  const inOrder = [...given.filter(({ id }) => id === wanted), ...given.filter(({ id }) => id !== wanted)];
  let last: Opening | NoKey = { kind: "no key" };
  for (const { password } of inOrder) {
    last = await openVault(sealed, password);
    if (last.kind !== "wrong key") return last;
  }
  return last;
}

function explain(
  opening: Exclude<Opening, { kind: "opened" }> | NoKey,
  wanted: KeyKind | "damaged",
): { readonly message: string; readonly hint: string } {
  const name = wanted === "vault password" ? "Ansible Vault" : "age";
  if (opening.kind === "damaged" || wanted === "damaged") {
    const why = opening.kind === "damaged" ? `: ${opening.why}` : "";
    const message = `this is encrypted with ${name}, but damaged${why}`;
    return { message, hint: "take it from a backup, or encrypt it anew" };
  }
  if (opening.kind === "wrong key") return wrongKey[wanted];
  return { message: `this is encrypted with ${name}, and no key for it is given`, hint: howToGive[wanted] };
}

const howToGive: Readonly<Record<KeyKind, string>> = {
  passphrase: "give the passphrase with --ask-secret-pass or --secret-pass-file FILE",
  identity: "give the age identity with --identity FILE",
  "vault password": "give the password with --ask-vault-pass or --vault-password-file FILE",
};

const wrongKey: Readonly<Record<KeyKind, { readonly message: string; readonly hint: string }>> = {
  passphrase: { message: "this is encrypted with another passphrase than the one given", hint: "check it" },
  identity: {
    message: "this is encrypted for others than the identities given",
    hint: "it can be read by those alone for whose recipients it was encrypted",
  },
  "vault password": {
    message: "none of the passwords given opens this",
    hint: "it was encrypted with Ansible Vault by another password, or is damaged",
  },
};

function notSealed(place: Place): BadInput {
  const hint =
    "what `mailferry secret encrypt` or `ansible-vault encrypt_string` wrote is wanted behind this tag";
  return new BadInput([{ message: "this is not encrypted, though its tag says so", place, hint }]);
}
