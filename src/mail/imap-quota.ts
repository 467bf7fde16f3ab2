import { type ByteText, readable } from "./byte-text.ts";

/** One limit of a mailbox, as IMAP shows it (RFC 9208, 5.2.1). A mailbox without limits has none of these. */
export interface QuotaLimit {
  /** `STORAGE`, in KiB, or `MESSAGE`, in messages; servers may have others. */
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
}

/** A resource whose limits are not the same for a user, or hold on one side alone. */
export interface QuotaDifference {
  readonly resource: string;
  /** For people: `12 of 1024 KiB used`, or `none`. */
  readonly old: string;
  readonly new: string;
}

/** The limits in an answer `* QUOTA "User quota" (STORAGE 10 512)`; undefined where the line is none. */
export function readQuota(line: ByteText): QuotaLimit[] | undefined {
  const resources = /^\* QUOTA [\s\S]+ \(([^()]*)\)$/.exec(line)?.[1];
  if (resources === undefined) return undefined;
  const limits: QuotaLimit[] = [];
  const words = resources.split(" ");
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [resource = "", used = "", limit = ""] = words.slice(at, at + 3);
    if (!(isNumber.test(used) && isNumber.test(limit))) return undefined;
    limits.push({ resource: readable(resource.toUpperCase()), used: Number(used), limit: Number(limit) });
  }
  return limits;
}

/** Of at most 63 bits (RFC 9208, 7). */
const isNumber = /^[0-9]{1,19}$/;

/**
 * Compares what limits a user on both hosts. Roots may be called otherwise there. What is used is no difference by itself, since mail
 * comes and goes and formats count it otherwise; but who has more on new than fits gets no mail, and is told where it was not so on old.
 */
export function compareQuotas(old: readonly QuotaLimit[], current: readonly QuotaLimit[]): QuotaDifference[] {
  const resources = new Set([...old, ...current].map(({ resource }) => resource));
  return [...resources].sort().flatMap((resource) => {
    const before = limitsOf(old, resource);
    const after = limitsOf(current, resource);
    const isLimitedAlike =
      before.length === after.length &&
      before.every(({ limit }, index) => isSame(limit, after[index]?.limit ?? 0, resource));
    const isNewlyFull = after.some(isOver) && !before.some(isOver);
    if (isLimitedAlike && !isNewlyFull) return [];
    return [{ resource, old: wordsOf(before), new: wordsOf(after) }];
  });
}

function limitsOf(limits: readonly QuotaLimit[], resource: string): QuotaLimit[] {
  return limits.filter((one) => one.resource === resource).sort((one, other) => one.limit - other.limit);
}

/** A limit need not be whole KiB where it is set, and servers round it either way. */
function isSame(one: number, other: number, resource: string): boolean {
  return Math.abs(one - other) <= (resource === "STORAGE" ? 1 : 0);
}

function isOver({ used, limit }: QuotaLimit): boolean {
  return used > limit + 1;
}

function wordsOf(limits: readonly QuotaLimit[]): string {
  const said = limits.map(({ resource, used, limit }) => `${used} of ${limit}${units[resource] ?? ""} used`);
  return said.join(" and ") || "none";
}

const units: Readonly<Record<string, string>> = { STORAGE: " KiB", MESSAGE: " messages" };
