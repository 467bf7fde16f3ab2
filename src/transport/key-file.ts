import { readFile, stat } from "node:fs/promises";
import type { ParsedKey } from "ssh2";
import type { Secret } from "../contract/secret.ts";
import { askTogether } from "./ask-together.ts";
import { KeyFileUnusable } from "./errors.ts";
import { versionOf } from "./file-version.ts";

/** Reads a private key for ssh2, decrypted (once: that is slow by design). Throws KeyFileUnusable with the way out for each way a key file can be wrong. */
export type ReadKey = (path: string, passphrase: Secret | undefined, host: string) => Promise<ParsedKey>;

/** Reads each file once until it changes: most hosts are logged in to with the same key. What can't be read is told of each host. */
export function shareKeys(): ReadKey {
  const read = new Map<string, Read>();
  const versionIfThere = askTogether((path) => versionOf(path).catch(() => undefined));
  return async (path, passphrase, host) => {
    const secret = passphrase?.reveal();
    const version = await versionIfThere(path);
    const known = read.get(path);
    if (known !== undefined && known.version === version && known.secret === secret) {
      const key = await known.key;
      if (key !== undefined) return key;
    }
    const reading = readKeyFile(path, passphrase, host);
    read.set(path, { version, secret, key: reading.catch(() => undefined) });
    return reading;
  };
}

interface Read {
  readonly version: string | undefined;
  readonly secret: string | undefined;
  /** undefined when it could not be used. */
  readonly key: Promise<ParsedKey | undefined>;
}

async function readKeyFile(path: string, passphrase: Secret | undefined, host: string): Promise<ParsedKey> {
  const facts = await stat(path).catch((error: unknown) => {
    throw unusable(`${path} can't be read: ${codeOf(error)}`, host, missingNext(path, codeOf(error)), error);
  });
  if (!facts.isFile()) throw unusable(`${path} is not a file`, host, "Name the private key itself.");
  const text = await readFile(path).catch((error: unknown) => {
    throw unusable(
      `${path} can't be read: ${codeOf(error)}`,
      host,
      "Give yourself the right to read it.",
      error,
    );
  });
  refuseOtherFormats(text.toString("latin1"), path, host);
  if ((facts.mode & 0o077) !== 0) {
    const mode = (facts.mode & 0o7777).toString(8).padStart(4, "0");
    throw unusable(
      `${path} has mode ${mode}: others can read the private key`,
      host,
      `Run: chmod 600 ${path}`,
    );
  }
  return parseKey(text, path, passphrase, host);
}

/** True when the failure is a key that only lacks its passphrase. */
export function lacksPassphrase(error: unknown): boolean {
  return error instanceof KeyFileUnusable && error.message.includes("no passphrase");
}

function refuseOtherFormats(text: string, path: string, host: string): void {
  if (text.startsWith("PuTTY-User-Key-File")) {
    const next = `Convert it: puttygen ${path} -O private-openssh -o ${path.replace(/\.ppk$/, "")}`;
    throw unusable(`${path} is a key in PuTTY's format`, host, next);
  }
  if (/^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) || text.startsWith("---- BEGIN SSH2 PUBLIC KEY")) {
    const next = `Name the private key, for instance ${path.replace(/\.pub$/, "")}`;
    throw unusable(`${path} is a public key`, host, next);
  }
}

async function parseKey(
  text: Buffer,
  path: string,
  passphrase: Secret | undefined,
  host: string,
): Promise<ParsedKey> {
  const { utils } = (await import("ssh2")).default;
  const parsed = utils.parseKey(text, passphrase?.reveal());
  if (!(parsed instanceof Error)) return parsed;
  if (/no passphrase/i.test(parsed.message)) {
    const next = `Give key_passphrase (encrypted), or add the key to your ssh agent: ssh-add ${path}`;
    throw unusable(`${path} is encrypted and no passphrase is given`, host, next, parsed);
  }
  if (/bad passphrase|integrity check/i.test(parsed.message)) {
    throw unusable(`the passphrase for ${path} is wrong`, host, "Look at key_passphrase.", parsed);
  }
  throw unusable(`${path} holds no private key that can be used: ${parsed.message}`, host, undefined, parsed);
}

function missingNext(path: string, code: string): string {
  if (code !== "ENOENT") return "Give yourself the right to read it.";
  return `Look at key_file in the inventory, or make a key: ssh-keygen -t ed25519 -f ${path}`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function unusable(message: string, host: string, next: string | undefined, cause?: unknown): KeyFileUnusable {
  return new KeyFileUnusable(message, { host, next, cause });
}
