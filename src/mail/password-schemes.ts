/** What a host's Dovecot can do with passwords. */
export interface SchemeSupport {
  /** As `dovecot --version` says it, for instance "2.4.1-4 (7d8c0e5759)". */
  readonly version: string;
  /** From `doveadm pw -l`. */
  readonly known: ReadonlySet<string>;
  /** The setting auth_allow_weak_schemes. */
  readonly allowsWeak: boolean;
}

/**
 * Why passwords of a scheme would not be accepted; undefined when they are. `scheme` may end in a colon and the
 * beginning of the hash (`CRYPT:$1$`), because what is behind CRYPT is only told by it.
 */
export function whySchemeRefused(scheme: string, support: SchemeSupport): string | undefined {
  const [, given = "", hash = ""] = /^\{?([^}:]*)\}?(?::(.*))?$/s.exec(scheme) ?? [];
  const name = given.toUpperCase().replace(/\.(HEX|B64|BASE64)$/, "");
  if (name === "") return "it names no scheme: the passwords depend on the default scheme of the passdb";
  if (!support.known.has(name)) return "this Dovecot does not know it";
  if (!refusesWeak(support)) return undefined;
  if (weakSchemes.has(name) || (name === "CRYPT" && hash !== "" && isWeakCrypt(hash))) {
    return "Dovecot 2.4 refuses it as weak, unless auth_allow_weak_schemes = yes";
  }
  return undefined;
}

/** Tried on 2.4.1: logins by these end with an internal failure, though `doveadm pw -t` still takes them. */
const weakSchemes: ReadonlySet<string> = new Set([
  ...[
    "DES-CRYPT",
    "HMAC-MD5",
    "LDAP-MD5",
    "MD5",
    "MD5-CRYPT",
    "PLAIN-MD4",
    "PLAIN-MD5",
    "PLAIN-TRUNC",
    "SMD5",
  ],
]);

function refusesWeak({ version, allowsWeak }: SchemeSupport): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return !allowsWeak && (major > 2 || (major === 2 && minor >= 4));
}

/** `$1$` is MD5; without a `$` it is DES. */
function isWeakCrypt(hash: string): boolean {
  return hash.startsWith("$1$") || !hash.startsWith("$");
}
