/** What a text is encrypted with: age (age-encryption.org/v1, armored) or Ansible Vault. */
export type SealedFormat = "age" | "vault";

const ageBegin = "-----BEGIN AGE ENCRYPTED FILE-----";
const vaultBegin = "$ANSIBLE_VAULT;";

/** The YAML tags that stand before an encrypted value, as Ansible has them for its Vault. */
export const sealedTags: Readonly<Record<string, SealedFormat>> = {
  "!age": "age",
  "!vault": "vault",
  "!vault-encrypted": "vault",
};

/** What a text is encrypted with, by how it begins; undefined for one that is not. */
export function sealedFormatOf(text: string): SealedFormat | undefined {
  const start = text.trimStart();
  if (start.startsWith(ageBegin)) return "age";
  return start.startsWith(vaultBegin) ? "vault" : undefined;
}

/** How an attempt to open an encrypted text ended. */
export type Opening =
  | { readonly kind: "opened"; readonly bytes: Buffer }
  | { readonly kind: "wrong key" }
  | { readonly kind: "damaged"; readonly why: string };
