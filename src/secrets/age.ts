import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Opening } from "./sealed-text.ts";

/** Whom a text is encrypted for: holders of identities, or everybody who knows a passphrase. */
export type AgeLock = { readonly recipients: readonly string[] } | { readonly passphrase: string };

/** What opens a text: identities (`AGE-SECRET-KEY-1…`), or a passphrase. */
export type AgeKey = { readonly identities: readonly string[] } | { readonly passphrase: string };

/** Whether an armored text wants a passphrase; undefined when it is not whole. */
export function wantsPassphrase(sealed: string): boolean | undefined {
  try {
    const [version, stanza = ""] = Buffer.from(armor.decode(sealed)).toString("latin1").split("\n");
    return version === "age-encryption.org/v1" ? stanza.startsWith("-> scrypt ") : undefined;
  } catch {
    // The armor says only "invalid …" of what it can't read.
    return undefined;
  }
}

/** How many recipients an armored text is encrypted for; 0 for a passphrase. */
export function recipientCount(sealed: string): number {
  const header = Buffer.from(armor.decode(sealed)).toString("latin1").split("\n---")[0] ?? "";
  return header.split("\n").filter((line) => line.startsWith("-> ") && !line.startsWith("-> scrypt ")).length;
}

/** Opens an armored text. */
export async function openAge(sealed: string, key: AgeKey): Promise<Opening> {
  const decrypter = new Decrypter();
  if ("passphrase" in key) decrypter.addPassphrase(key.passphrase);
  else for (const identity of key.identities) decrypter.addIdentity(identity);
  try {
    return { kind: "opened", bytes: Buffer.from(await decrypter.decrypt(armor.decode(sealed))) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return /^no identity matched/.test(why) ? { kind: "wrong key" } : { kind: "damaged", why };
  }
}

/** Encrypts a text into age's armor. A passphrase takes a second of work, as often as the text is opened. */
export async function sealAge(plain: Buffer, lock: AgeLock): Promise<string> {
  const encrypter = new Encrypter();
  if ("passphrase" in lock) encrypter.setPassphrase(lock.passphrase);
  else for (const recipient of lock.recipients) encrypter.addRecipient(recipient);
  return `${armor.encode(await encrypter.encrypt(plain)).trimEnd()}\n`;
}

/** Makes a new identity, and the recipient that others encrypt for. */
export async function makeIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** Whether a word is an identity that can be used. */
export function isIdentity(word: string): boolean {
  return accepts(() => new Decrypter().addIdentity(word));
}

/** Whether a word is a recipient that can be encrypted for. */
export function isRecipient(word: string): boolean {
  return accepts(() => new Encrypter().addRecipient(word));
}

/** The recipient of an identity. */
export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity);

function accepts(add: () => void): boolean {
  try {
    add();
    return true;
  } catch {
    // The library has no other way to ask.
    return false;
  }
}
