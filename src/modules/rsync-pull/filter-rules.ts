import type { ByteText } from "../../mail/byte-text.ts";

/** A rule of rsync's filter: the first that matches a name decides; without one the name is taken. */
export interface FilterRule {
  readonly action: "include" | "exclude";
  /** As in rsync(1): `*`, `**`, `?`, `[…]`, a leading `/` for the top, a trailing one for directories alone. */
  readonly pattern: string;
  /** Doesn't keep a directory from being removed that is gone on the source. */
  readonly perishable?: boolean;
}

export interface FilterWords {
  readonly files?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly maildir?: boolean | undefined;
}

/** The rules of one pull, in rsync's order. */
export function filterRules({ files, exclude = [], maildir = false }: FilterWords): FilterRule[] {
  const excluded = exclude.map((pattern): FilterRule => ({ action: "exclude", pattern }));
  if (files !== undefined) {
    const wanted = files.map((name): FilterRule => ({ action: "include", pattern: `/${literal(name)}` }));
    return [...excluded, ...wanted, { action: "exclude", pattern: "/*" }];
  }
  return maildir ? [...excluded, ...maildirRules] : excluded;
}

/** The options that hand the rules to rsync. */
export function filterOptions(rules: readonly FilterRule[]): string[] {
  return rules.map(({ action, pattern, perishable }) => {
    const letters = `${action === "include" ? "+" : "-"}${perishable === true ? "p" : ""}`;
    return `--filter=${letters} ${pattern}`;
  });
}

/**
 * What Dovecot makes anew from the messages and the control files, and what is only true while a program runs.
 * Directories are taken first: a folder may be called ".my.lock", and a user "dovecot.index".
 */
const maildirRules: readonly FilterRule[] = [
  { action: "include", pattern: "*/" },
  ...["dovecot.index*", "dovecot.list.index*", "dovecot.mailbox.log*", "*.lock", "*.svbin"].map(
    (pattern): FilterRule => ({ action: "exclude", pattern, perishable: true }),
  ),
];

/** Makes a function that says whether a path, relative to the top, is left out, itself or with a directory above it. */
export function leftOutBy(rules: readonly FilterRule[]): (path: ByteText, isDirectory: boolean) => boolean {
  const tests = rules.map(({ action, pattern }) => ({ action, matches: matcher(pattern) }));
  const decides = (path: ByteText, isDirectory: boolean): boolean =>
    tests.find(({ matches }) => matches(path, isDirectory))?.action === "exclude";
  return (path, isDirectory) => {
    for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
      if (decides(path.slice(0, slash), true)) return true;
    }
    return path !== "" && decides(path, isDirectory);
  };
}

function matcher(pattern: string): (path: ByteText, isDirectory: boolean) => boolean {
  const onlyDirectories = pattern.endsWith("/");
  const text = Buffer.from(onlyDirectories ? pattern.slice(0, -1) : pattern, "utf8").toString("latin1");
  const anchored = text.startsWith("/");
  const ofWholePath = anchored || text.includes("/") || text.includes("**");
  const expression = new RegExp(
    `${anchored ? "^" : "(?:^|/)"}${regularExpression(anchored ? text.slice(1) : text)}$`,
    "s",
  );
  return (path, isDirectory) => {
    if (onlyDirectories && !isDirectory) return false;
    return expression.test(ofWholePath ? path : path.slice(path.lastIndexOf("/") + 1));
  };
}

/** rsync's wildcards as a regular expression; a backslash escapes only where the pattern has wildcards. */
function regularExpression(pattern: string): string {
  if (!/[*?[]/.test(pattern)) return pattern.replaceAll(/[\\^$.|+(){}\]]/g, "\\$&");
  return pattern.replaceAll(/\*\*|\*|\?|\[(?:[!^]?\]?[^\]]*)\]|\\.|[^*?[\\]+|[[\\]/gs, (part) => {
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.length > 1 && part.startsWith("[")) {
      return `[${part.slice(1, -1).replace(/^!/, "^").replaceAll("\\", "\\\\")}]`;
    }
    const plain = part.length > 1 && part.startsWith("\\") ? part.slice(1) : part;
    return plain.replaceAll(/[\\^$.*?|+(){}[\]]/g, "\\$&");
  });
}

/** A name as a pattern that matches only it. */
function literal(name: string): string {
  return /[*?[]/.test(name) ? name.replaceAll(/[\\*?[]/g, "\\$&") : name;
}
