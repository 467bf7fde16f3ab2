import { Failure, type FailureFacts, Unreachable } from "../contract/errors.ts";

/** The host's key stands in no known_hosts file. */
export class HostKeyUnknown extends Failure {
  override readonly name = "HostKeyUnknown";
  readonly fingerprint: string;

  constructor(message: string, fingerprint: string, facts: FailureFacts) {
    super("bad-input", message, facts);
    this.fingerprint = fingerprint;
  }
}

/** The host shows another key than known_hosts holds. No option goes round it. */
export class HostKeyChanged extends Failure {
  override readonly name = "HostKeyChanged";
  readonly fingerprint: string;

  constructor(message: string, fingerprint: string, facts: FailureFacts) {
    super("bad-input", message, facts);
    this.fingerprint = fingerprint;
  }
}

/** The host shows a key that known_hosts marks as revoked. */
export class HostKeyRevoked extends Failure {
  override readonly name = "HostKeyRevoked";
  readonly fingerprint: string;

  constructor(message: string, fingerprint: string, facts: FailureFacts) {
    super("bad-input", message, facts);
    this.fingerprint = fingerprint;
  }
}

/** A private key that can't be used as it is: missing, readable by others, public, encrypted, of another format. */
export class KeyFileUnusable extends Failure {
  override readonly name = "KeyFileUnusable";

  constructor(message: string, facts: FailureFacts) {
    super("bad-input", message, facts);
  }
}

/** The host took none of the keys and passwords. */
export class AuthenticationFailed extends Unreachable {
  override readonly name = "AuthenticationFailed";
}

/** The address is no name that the resolver knows. */
export class NameUnresolved extends Unreachable {
  override readonly name = "NameUnresolved";
}

/** Nothing listens on the port, or a firewall says no. */
export class ConnectionRefused extends Unreachable {
  override readonly name = "ConnectionRefused";
}

/** No answer in time. */
export class ConnectionTimedOut extends Unreachable {
  override readonly name = "ConnectionTimedOut";
}

/** The login user can't become the wanted user: no sudo, no right, no password or a wrong one. */
export class BecomeFailed extends Failure {
  override readonly name = "BecomeFailed";

  constructor(message: string, facts: FailureFacts) {
    super("bad-input", message, facts);
  }
}

/** A command took longer than its timeout and was ended. */
export class CommandTimedOut extends Failure {
  override readonly name = "CommandTimedOut";

  constructor(message: string, facts: FailureFacts) {
    super("task-failed", message, facts);
  }
}

/** A command wrote more than is collected. */
export class OutputTooLong extends Failure {
  override readonly name = "OutputTooLong";

  constructor(message: string, facts: FailureFacts) {
    super("task-failed", message, facts);
  }
}

/** The link was found dead before anything was sent: nothing ran on the host. Never leaves this folder. */
export class LinkLost extends Error {
  override readonly name = "LinkLost";
  /** True when the command had not been handed over yet. */
  readonly beforeStart: boolean;

  constructor(message: string, beforeStart: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.beforeStart = beforeStart;
  }
}

/** Throws when the caller has given up, as a Failure whatever the reason is. */
export function throwIfInterrupted(signal: AbortSignal | undefined, host: string): void {
  if (signal?.aborted === true) throw interrupted(host, signal.reason);
}

/** The failure for work that its caller gave up. A reason that is a Failure itself stands as it is. */
export function interrupted(host: string, reason: unknown, what = "interrupted"): Failure {
  return reason instanceof Failure ? reason : new Failure("interrupted", what, { host, cause: reason });
}
