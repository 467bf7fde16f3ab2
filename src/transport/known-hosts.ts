import { createHash } from "node:crypto";

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

/** The key on a line of known_hosts, if there is one. */
export function parseKeyLine(line: string, file: string, number: number): KnownKey[] {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [, type, base64] = words;
  if (type === undefined || base64 === undefined) return [];
  const kind = marker === "@revoked" ? "revoked" : marker === "@cert-authority" ? "authority" : "none";
  return [{ marker: kind, type, blob: Buffer.from(base64, "base64"), file, line: number }];
}

const algorithms: ReadonlyMap<string, readonly string[]> = new Map([
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
]);
