import type { ImapFlow } from "imapflow";
import type { Account } from "./accounts.ts";
import type { MailServers } from "./mail-servers.ts";

/** One of the two connections went away: what was under way has an unknown end. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** A connection to a user's mailbox on each side. */
export class MailboxPair {
  readonly #servers: MailServers;
  readonly #account: Account;
  #old: ImapFlow;
  #current: ImapFlow;

  /** Throws Failure. */
  static async open(servers: MailServers, account: Account): Promise<MailboxPair> {
    const old = await servers.connect("old", account);
    try {
      return new MailboxPair(servers, account, old, await servers.connect("current", account));
    } catch (error) {
      old.close();
      throw error;
    }
  }

  private constructor(servers: MailServers, account: Account, old: ImapFlow, current: ImapFlow) {
    this.#servers = servers;
    this.#account = account;
    this.#old = old;
    this.#current = current;
  }

  get old(): ImapFlow {
    return this.#old;
  }

  get current(): ImapFlow {
    return this.#current;
  }

  get isWhole(): boolean {
    return this.#old.usable && this.#current.usable;
  }

  /** Does something with both; what fails because a connection is gone is a ConnectionLost. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.isWhole || error instanceof ConnectionLost) throw error;
      throw new ConnectionLost((error as Error).message, { cause: error });
    }
  }

  /** Logs in again on both sides. */
  async renew(): Promise<void> {
    this.drop();
    this.#old = await this.#servers.connect("old", this.#account);
    this.#current = await this.#servers.connect("current", this.#account);
  }

  /** Logs out. LOGOUT, unlike CLOSE, expunges nothing. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#old.logout(), this.#current.logout()]);
    this.drop();
  }

  drop(): void {
    this.#old.close();
    this.#current.close();
  }
}
