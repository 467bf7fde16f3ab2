import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { Failure } from "../contract/errors.ts";
import type { RunOpenSsh } from "./local-program.ts";

/** One line of a known_hosts file that speaks of a host. */
export interface KnownKey {
  readonly marker: "none" | "revoked" | "authority";
  readonly type: string;
  /** The public key as on the wire. */
  readonly blob: Buffer;
  readonly file: string;
  readonly line: number;
}

/** All that known_hosts files say of one host. */
export interface KnownKeys {
  /** The name it was looked up under: `host`, or `[host]:port`. */
  readonly name: string;
  readonly files: readonly string[];
  readonly keys: readonly KnownKey[];
}

export type KeyJudgement = "trusted" | "unknown" | "changed" | "revoked";

/** The name under which known_hosts knows a host. */
export function knownHostName(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

/** Looks a host up with `ssh-keygen -F`, which knows hashed names, patterns, negation and markers. Missing files are as empty. */
export async function findKnownKeys(
  name: string,
  files: readonly string[],
  openSsh: RunOpenSsh,
): Promise<KnownKeys> {
  const keys: KnownKey[] = [];
  for (const file of files) {
    if (!(await isThere(file))) continue;
    const { stdout } = await openSsh("ssh-keygen", ["-F", name, "-f", file]);
    keys.push(...parseFoundKeys(stdout, file));
  }
  return { name, files, keys };
}

/** Reads what `ssh-keygen -F` prints: a comment with the line's number, then the line. */
export function parseFoundKeys(text: string, file: string): KnownKey[] {
  const keys: KnownKey[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    const comment = /^# Host .* found: line (\d+)/.exec(line);
    if (comment !== null) number = Number(comment[1]);
    else if (line.trim() !== "") keys.push(...parseKeyLine(line, file, number));
  }
  return keys;
}

/** Compares the key a host shows with what is known. A revoked key is refused whatever else is said of it. */
export function judgeHostKey(shown: Buffer, known: KnownKeys): KeyJudgement {
  const same = known.keys.filter((key) => key.blob.equals(shown));
  if (same.some((key) => key.marker === "revoked")) return "revoked";
  if (same.some((key) => key.marker === "none")) return "trusted";
  const type = keyType(shown);
  return known.keys.some((key) => key.marker === "none" && key.type === type) ? "changed" : "unknown";
}

/** The signature algorithms to ask a host for, so that it shows a key of a type that is known. Empty when none is known. */
export function algorithmsFor(known: KnownKeys): string[] {
  const types = new Set(known.keys.filter((key) => key.marker === "none").map((key) => key.type));
  return [...algorithms].flatMap(([type, names]) => (types.has(type) ? names : []));
}

/** All host key algorithms that are good enough. SHA-1 signatures and DSA are not. */
export function allAlgorithms(): string[] {
  return [...algorithms.values()].flat();
}

/** `SHA256:…`, as OpenSSH shows it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replaceAll("=", "")}`;
}

/** The type that a public key names itself, for instance "ssh-ed25519". */
export function keyType(blob: Buffer): string {
  return blob.length < 4 ? "" : blob.toString("latin1", 4, 4 + blob.readUInt32BE(0));
}

function parseKeyLine(line: string, file: string, number: number): KnownKey[] {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [, type, base64] = words;
  if (type === undefined || base64 === undefined) return [];
  const kind = marker === "@revoked" ? "revoked" : marker === "@cert-authority" ? "authority" : "none";
  return [{ marker: kind, type, blob: Buffer.from(base64, "base64"), file, line: number }];
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file, constants.R_OK);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw new Failure("bad-input", `${file} can't be read`, {
      next: "Give yourself the right to read it: host keys can't be checked without it.",
      cause: error,
    });
  }
}

const algorithms: ReadonlyMap<string, readonly string[]> = new Map([
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
]);
