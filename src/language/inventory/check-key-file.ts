import { readFile, stat } from "node:fs/promises";
import type { Place, Problem } from "../../contract/errors.ts";

/** Reads private keys, as far as that is possible; every file is read once. */
export type KeyReader = (file: string) => Promise<KeyText | Finding>;

/** Makes a reader for all hosts of an inventory: most of them are logged in to with the same key. */
export function readKeysOnce(): KeyReader {
  const read = new Map<string, ReturnType<KeyReader>>();
  return (file) => {
    const known = read.get(file) ?? readKey(file);
    read.set(file, known);
    return known;
  };
}

/** What is wrong with a private key file, as far as its first lines tell. */
export async function checkKeyFile(
  file: string,
  hasPassphrase: boolean,
  place: Place,
  reader: KeyReader,
): Promise<Problem[]> {
  const read = await reader(file);
  if ("message" in read) return [{ ...read, place }];
  const wrong = checkKeyText(file, read.text, hasPassphrase);
  if (wrong !== undefined) return [{ ...wrong, place }];
  if ((read.mode & 0o077) === 0) return [];
  const mode = (read.mode & 0o777).toString(8).padStart(4, "0");
  return [
    { message: `others may read the key file ${file} (mode ${mode})`, place, hint: `chmod 600 ${file}` },
  ];
}

interface Finding {
  readonly message: string;
  readonly hint: string;
  readonly severity?: "warning";
}

interface KeyText {
  readonly text: string;
  readonly mode: number;
}

async function readKey(file: string): Promise<KeyText | Finding> {
  try {
    const { mode } = await stat(file);
    return { text: await readFile(file, "latin1"), mode };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return {
        message: `there is no key file ${file}`,
        hint: "relative names count from the inventory's folder",
      };
    }
    if (code === "EISDIR") return { message: `${file} is a directory`, hint: "name the private key in it" };
    if (code === "EACCES")
      return { message: `the key file ${file} may not be read by you`, hint: `see \`ls -l ${file}\`` };
    throw error;
  }
}

function checkKeyText(file: string, text: string, hasPassphrase: boolean): Finding | undefined {
  if (
    /^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) ||
    /^---- BEGIN SSH2 PUBLIC KEY/.test(text) ||
    /BEGIN PUBLIC KEY/.test(text)
  ) {
    return {
      message: `${file} is a public key`,
      hint: `name the private one, usually ${file.replace(/\.pub$/, "")}`,
    };
  }
  if (/^PuTTY-User-Key-File/.test(text)) {
    return {
      message: `${file} is a key in PuTTY's format`,
      hint: `convert it: puttygen ${file} -O private-openssh -o KEYFILE`,
    };
  }
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    return { message: `${file} is no private key`, hint: "make one with `ssh-keygen -t ed25519`" };
  }
  if (!isEncrypted(text) || hasPassphrase) return undefined;
  return {
    message: `the key file ${file} is encrypted and there is no \`key_passphrase\``,
    hint: "load it into the agent with `ssh-add`, which is asked first",
    severity: "warning",
  };
}

/** OpenSSH's own format names the cipher at its start; PEM says it in words. */
function isEncrypted(text: string): boolean {
  if (/ENCRYPTED/.test(text)) return true;
  const body = /BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)-----END/.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body.replaceAll(/\s/g, ""), "base64");
  const magic = "openssh-key-v1\0";
  const start = magic.length + 4;
  if (bytes.toString("latin1", 0, magic.length) !== magic || bytes.length < start) return false;
  const cipher = bytes.toString("latin1", start, start + bytes.readUInt32BE(magic.length));
  return cipher !== "none";
}
