import { createHmac, randomBytes } from "node:crypto";
import { linesOf, textOf } from "../text-lines.ts";

/** A host's public key, without the host. */
export interface HostKey {
  readonly type: string;
  readonly base64: string;
  readonly comment: string;
}

/** Type, key and comment, with the names before them; undefined for what is no key's line, or has a marker. */
interface KnownLine extends HostKey {
  readonly names: string;
}

/** The text with these keys of the host, and no other ones of the same types; the same text when it is so. */
export function withKeys(text: string, name: string, keys: readonly HostKey[], hash: boolean): string {
  const lines = keys.reduce((known, key) => withKey(known, name, key, hash), linesOf(text));
  const after = textOf(lines);
  return after === textOf(linesOf(text)) ? text : after;
}

/** The text without any key of the host. What stands under other names too stays for those. */
export function withoutHost(text: string, name: string): string {
  const kept = linesOf(text).flatMap((line) => withoutName(line, name));
  const after = textOf(kept);
  return after === textOf(linesOf(text)) ? text : after;
}

/** Reads `names type key comment`, and also a key alone, as in a `.pub` file. */
export function parseKnownLine(line: string): KnownLine | undefined {
  const words = line.trim().split(/\s+/);
  const hasNames = !isKeyType(words[0] ?? "");
  const [type = "", base64 = "", ...comment] = hasNames ? words.slice(1) : words;
  if (line.startsWith("@") || line.startsWith("#") || !isKeyType(type) || base64 === "") return undefined;
  return { names: hasNames ? (words[0] ?? "") : "", type, base64, comment: comment.join(" ") };
}

/** True when the names of a line, hashed or not, stand for the host. */
export function isNamed(names: string, name: string): boolean {
  if (names.startsWith("|1|")) {
    const [, , salt = ""] = names.split("|");
    return hashedName(name, Buffer.from(salt, "base64")) === names;
  }
  return names.split(",").includes(name);
}

/** The name as ssh-keygen -H writes it: `|1|salt|HMAC-SHA1`, both base64. */
export function hashedName(name: string, salt: Buffer = randomBytes(20)): string {
  const digest = createHmac("sha1", salt).update(name).digest("base64");
  return `|1|${salt.toString("base64")}|${digest}`;
}

function withKey(lines: readonly string[], name: string, key: HostKey, hash: boolean): string[] {
  const isSame = (known: HostKey): boolean => known.type === key.type && known.base64 === key.base64;
  const isClear = (names: string): boolean => !names.startsWith("|1|");
  const settled: string[] = [];
  let isThere = false;
  for (const line of lines) {
    const known = parseKnownLine(line);
    const concerns = known !== undefined && isNamed(known.names, name) && known.type === key.type;
    if (concerns && (!isSame(known) || isThere || (hash && isClear(known.names)))) {
      settled.push(...withoutName(line, name));
      continue;
    }
    isThere ||= concerns;
    settled.push(line);
  }
  if (isThere) return settled;
  const comment = key.comment === "" ? [] : [key.comment];
  return [...settled, [hash ? hashedName(name) : name, key.type, key.base64, ...comment].join(" ")];
}

function withoutName(line: string, name: string): string[] {
  const known = parseKnownLine(line);
  if (known === undefined || !isNamed(known.names, name)) return [line];
  const others = known.names.startsWith("|1|")
    ? []
    : known.names.split(",").filter((other) => other !== name);
  return others.length === 0 ? [] : [line.replace(known.names, () => others.join(","))];
}

function isKeyType(word: string): boolean {
  return /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/.test(
    word,
  );
}
