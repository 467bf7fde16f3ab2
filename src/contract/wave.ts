import { createHash } from "node:crypto";

/** A part of a migration that moves by itself: some mail domains, with latches and a journal of their own. */
export interface Wave {
  /** Fit for a file name; the same for the same domains in whatever order. */
  readonly name: string;
  /** In lower case, sorted, each once. */
  readonly domains: readonly string[];
}

/** The wave of some domains. `domains` may hold one twice, and capital letters. */
export function waveOf(domains: readonly string[]): Wave {
  const sorted = [...new Set(domains.map((domain) => domain.toLowerCase()))].toSorted();
  return { name: nameOf(sorted), domains: sorted };
}

/** True for a name that a mail domain can have. */
export function isDomain(text: string): boolean {
  return text.length <= 253 && domainPattern.test(text);
}

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const domainPattern = new RegExp(`^${label}(\\.${label})+$`, "i");

// A file's name holds 255 bytes, and the migration's name stands before this one in some.
function nameOf([first = "", ...others]: readonly string[]): string {
  const whole = [first, ...others].join("+");
  if (whole.length <= longestName) return whole;
  const digest = createHash("sha256").update(whole).digest("hex").slice(0, 12);
  return `${first.slice(0, longestName - 20)}+${digest}`;
}

const longestName = 80;
