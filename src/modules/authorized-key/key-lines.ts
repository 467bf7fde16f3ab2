import { linesOf, textOf } from "../text-lines.ts";

/** One line of authorized_keys. */
export interface KeyLine {
  /** Options as they are written, with commas between; empty for none. */
  readonly options: string;
  readonly type: string;
  readonly base64: string;
  readonly comment: string;
}

/** The text with these keys, each as it is written here; `exclusive` leaves no others. The same text when it is so. */
export function withKeyLines(text: string, wanted: readonly KeyLine[], exclusive: boolean): string {
  const isOneOf = (key: KeyLine): boolean => wanted.some((one) => one.base64 === key.base64);
  const seen = new Set<string>();
  const kept = linesOf(text).flatMap((line) => {
    const key = parseKeyLine(line);
    if (key === undefined) return [line];
    if (!isOneOf(key)) return exclusive ? [] : [line];
    if (seen.has(key.base64)) return [];
    seen.add(key.base64);
    const now = wanted.find(({ base64 }) => base64 === key.base64) ?? key;
    return isSame(now, key) ? [line] : [formatKeyLine(now)];
  });
  const added = wanted.filter(({ base64 }) => !seen.has(base64)).map(formatKeyLine);
  const after = textOf([...kept, ...added]);
  return after === textOf(linesOf(text)) ? text : after;
}

/** The text without these keys, whatever stands before and after them. */
export function withoutKeyLines(text: string, unwanted: readonly KeyLine[]): string {
  const kept = linesOf(text).filter((line) => {
    const key = parseKeyLine(line);
    return key === undefined || !unwanted.some(({ base64 }) => base64 === key.base64);
  });
  return kept.length === linesOf(text).length ? text : textOf(kept);
}

/** Reads a line as sshd does; undefined for a comment, an empty line, and what is no key. */
export function parseKeyLine(line: string): KeyLine | undefined {
  const bare = line.trim();
  if (bare === "" || bare.startsWith("#")) return undefined;
  const options = keyStart.test(bare) ? "" : (optionWords.exec(bare)?.[0] ?? "");
  const [, type = "", base64 = "", comment = ""] =
    keyStart.exec(bare.slice(options.length).trimStart()) ?? [];
  return type === "" ? undefined : { options, type, base64, comment: comment.trim() };
}

function formatKeyLine({ options, type, base64, comment }: KeyLine): string {
  return [options, type, base64, comment].filter((word) => word !== "").join(" ");
}

function isSame(a: KeyLine, b: KeyLine): boolean {
  return formatKeyLine(a) === formatKeyLine(b);
}

const keyStart =
  /^((?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)(?:-cert-v01@openssh\.com)?)\s+([A-Za-z0-9+/]{16,}={0,2})(\s.*)?$/;

/** Up to the first blank that stands in no quotes; a quote inside of them has a backslash before it. */
const optionWords = /^(?:"(?:\\"|[^"])*"|[^\s"])+/;
