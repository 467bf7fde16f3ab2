import type { Failure } from "../contract/errors.ts";
import { HostKeyChanged, HostKeyRevoked, HostKeyUnknown } from "./errors.ts";
import {
  algorithmsFor,
  allAlgorithms,
  fingerprint,
  judgeHostKey,
  type KeyJudgement,
  type KnownKeys,
  keyType,
} from "./known-hosts.ts";
import type { Hop } from "./route.ts";

/** Judges the key a host shows while connecting, and remembers it for the message. */
export class HostKeyCheck {
  readonly #known: KnownKeys;
  #shown: Buffer | undefined;

  constructor(known: KnownKeys) {
    this.#known = known;
  }

  /** Signature algorithms to ask for: those of known keys; all when none is known, so that there is a key to show. */
  get algorithms(): never[] {
    const known = algorithmsFor(this.#known);
    // The strings are ssh2's own names; its types list them as literals.
    return (known.length > 0 ? known : allAlgorithms()) as never[];
  }

  /** For ssh2's `hostVerifier`. Must stay synchronous: ssh2 takes a promise for "yes". */
  readonly verifier = (key: Buffer): boolean => {
    this.#shown = Buffer.from(key);
    return judgeHostKey(this.#shown, this.#known) === "trusted";
  };

  get shown(): Buffer | undefined {
    return this.#shown;
  }

  get judgement(): KeyJudgement | undefined {
    return this.#shown === undefined ? undefined : judgeHostKey(this.#shown, this.#known);
  }
}

/** The failure for a key that was not trusted; undefined when the connection failed for another reason. */
export function hostKeyFailure(check: HostKeyCheck, hop: Hop, cause: unknown): Failure | undefined {
  const { shown, judgement } = check;
  if (shown === undefined || judgement === undefined || judgement === "trusted") {
    return withoutCommonType(hop, cause);
  }
  const print = fingerprint(shown);
  const facts = { host: hop.label, cause };
  const key = `${keyType(shown)} ${print}`;
  if (judgement === "revoked") {
    const next = "Don't connect. The key was revoked in known_hosts; the host needs a new one.";
    return new HostKeyRevoked(`${hop.label} shows a revoked host key: ${key}`, print, { ...facts, next });
  }
  if (judgement === "changed") {
    return new HostKeyChanged(
      `${hop.label} shows another host key than ${places(hop, shown)}: ${key}`,
      print,
      {
        ...facts,
        next: changedNext(hop),
      },
    );
  }
  return new HostKeyUnknown(
    `${hop.label} shows a host key that is not known: ${key}${onlyAuthority(hop)}`,
    print,
    {
      ...facts,
      next: trustNext(hop, keyType(shown)),
    },
  );
}

function withoutCommonType(hop: Hop, cause: unknown): Failure | undefined {
  if (!/no matching host key/i.test((cause as Error).message)) return undefined;
  const types = [...new Set(hop.knownKeys.keys.map((key) => key.type))].join(", ");
  const message = `${hop.label} has no host key of a type that is known or still safe (known: ${types || "none"})`;
  const next = types === "ssh-rsa" ? besideRsaNext(hop) : trustNext(hop, "ed25519");
  return new HostKeyUnknown(message, "", { host: hop.label, next, cause });
}

/** OpenSSH 5.7 and newer have an ECDSA key. */
function besideRsaNext(hop: Hop): string {
  const why =
    "Before OpenSSH 7.2 a host signs with its RSA key by SHA-1 alone: trust its ECDSA key beside it.";
  return `${why}\n${trustNext(hop, "ecdsa")}`;
}

function trustNext(hop: Hop, type: string): string {
  const { address, port, knownKeys } = hop;
  const short = type.replace(/^ssh-/, "").replace(/^ecdsa-.*/, "ecdsa");
  const file = knownKeys.files[0] ?? "~/.ssh/known_hosts";
  return [
    `Compare it on the host's own console: ssh-keygen -lf /etc/ssh/ssh_host_${short}_key.pub`,
    `If it is the same, trust it: ssh-keyscan -t ${short} -p ${port} ${address} >> ${file}`,
  ].join("\n");
}

function changedNext(hop: Hop): string {
  return [
    "Stop: someone may stand between you and the host. No option goes round this.",
    `Only if you know why the key changed: ssh-keygen -R '${hop.knownKeys.name}', then trust the new key.`,
  ].join("\n");
}

function places(hop: Hop, shown: Buffer): string {
  const type = keyType(shown);
  const known = hop.knownKeys.keys.filter((key) => key.marker === "none" && key.type === type);
  return known.map((key) => `${key.file}:${key.line}`).join(", ");
}

function onlyAuthority(hop: Hop): string {
  if (!hop.knownKeys.keys.some((key) => key.marker === "authority")) return "";
  return " (known_hosts names only a certificate authority for it, and host certificates are not supported)";
}
