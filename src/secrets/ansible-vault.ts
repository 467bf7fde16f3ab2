import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  pbkdf2 as pbkdf2WithCallback,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import type { Opening } from "./sealed-text.ts";

/*
 * Ansible Vault 1.1 and 1.2 (docs.ansible.com, "Ansible Vault payload format"): a header, then the hexadecimal digits of
 * three lines, which are in turn the hexadecimal digits of a salt, an HMAC-SHA-256 and the text in AES-256-CTR. 1.2 is 1.1
 * with a vault id in the header.
 */

const pbkdf2 = promisify(pbkdf2WithCallback);
const iterations = 10_000;
const saltBytes = 32;
const blockBytes = 16;
const lineLength = 80;

/** The vault id that a text names in its header; undefined for 1.1, which names none. */
export function vaultIdOf(sealed: string): string | undefined {
  return /^\$ANSIBLE_VAULT;1\.2;AES256;(\S+)/.exec(sealed.trimStart())?.[1];
}

/** Opens a text that Ansible Vault encrypted. A wrong password and a damaged text can't be told apart: both are "wrong key". */
export async function openVault(sealed: string, password: string): Promise<Opening> {
  const [header = "", ...body] = sealed.trim().split(/\s+/);
  if (!/^\$ANSIBLE_VAULT;1\.[12];AES256(;|$)/.test(header)) {
    return { kind: "damaged", why: `${header.slice(0, 60)} is not 1.1 or 1.2 with AES256` };
  }
  const parts = fromHex(body.join(""))?.toString("latin1").split("\n").map(fromHex);
  const [salt, mac, encrypted] = parts ?? [];
  if (parts?.length !== 3 || salt === undefined || mac === undefined || encrypted === undefined) {
    return { kind: "damaged", why: "it is not whole" };
  }
  const keys = await deriveKeys(password, salt);
  const expected = macOf(encrypted, keys);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return { kind: "wrong key" };
  const decipher = createDecipheriv("aes-256-ctr", keys.cipher, keys.counter);
  const bytes = withoutPadding(Buffer.concat([decipher.update(encrypted), decipher.final()]));
  return bytes === undefined ? { kind: "damaged", why: "its padding is wrong" } : { kind: "opened", bytes };
}

/** Encrypts a text as `ansible-vault encrypt` does; with a vault id as version 1.2. */
export async function sealVault(plain: Buffer, password: string, id?: string | undefined): Promise<string> {
  const salt = randomBytes(saltBytes);
  const keys = await deriveKeys(password, salt);
  const cipher = createCipheriv("aes-256-ctr", keys.cipher, keys.counter);
  const encrypted = Buffer.concat([cipher.update(withPadding(plain)), cipher.final()]);
  const parts = [salt, macOf(encrypted, keys), encrypted].map((part) => part.toString("hex"));
  const digits = Buffer.from(parts.join("\n"), "latin1").toString("hex");
  const header = id === undefined ? "$ANSIBLE_VAULT;1.1;AES256" : `$ANSIBLE_VAULT;1.2;AES256;${id}`;
  const lines = digits.match(new RegExp(`.{1,${lineLength}}`, "g")) ?? [];
  return `${[header, ...lines].join("\n")}\n`;
}

interface VaultKeys {
  readonly cipher: Buffer;
  readonly mac: Buffer;
  readonly counter: Buffer;
}

async function deriveKeys(password: string, salt: Buffer): Promise<VaultKeys> {
  const key = await pbkdf2(password, salt, iterations, 80, "sha256");
  return { cipher: key.subarray(0, 32), mac: key.subarray(32, 64), counter: key.subarray(64) };
}

function macOf(encrypted: Buffer, { mac }: VaultKeys): Buffer {
  return createHmac("sha256", mac).update(encrypted).digest();
}

/** PKCS #7, though a stream cipher needs none. */
function withPadding(plain: Buffer): Buffer {
  const count = blockBytes - (plain.length % blockBytes);
  return Buffer.concat([plain, Buffer.alloc(count, count)]);
}

function withoutPadding(padded: Buffer): Buffer | undefined {
  const count = padded.at(-1) ?? 0;
  const padding = padded.subarray(-count);
  const isRight = count >= 1 && count <= blockBytes && padding.every((byte) => byte === count);
  return isRight && padding.length === count ? padded.subarray(0, padded.length - count) : undefined;
}

function fromHex(digits: string): Buffer | undefined {
  return /^([0-9a-f]{2})+$/i.test(digits) ? Buffer.from(digits, "hex") : undefined;
}
