/** What was found on one host. Nothing here is a secret; what could not be found out is undefined or empty. */
export interface HostSurvey {
  /** The name that the inventory has for it. */
  readonly name: string;
  /** Its own full name. */
  readonly fqdn: string;
  /** `ID` and `VERSION_ID` of os-release: "debian", "11". */
  readonly distribution: string;
  readonly version: string;
  /** IP addresses that the world may know it by. */
  readonly addresses: readonly string[];
  /** What takes mail, and what users read it with. */
  readonly mta: Program | undefined;
  readonly imap: Program | undefined;
  readonly store: MailStore | undefined;
  /** Whom Dovecot knows. */
  readonly users: Users;
  /** The domains that it takes mail for. */
  readonly mailDomains: readonly string[];
  readonly contents: Contents | undefined;
  readonly databases: readonly MailDatabase[];
  /** What looks at mail as it comes in: Rspamd, SpamAssassin, OpenDKIM and the like. */
  readonly filters: readonly Program[];
  readonly redis: readonly RedisDatabase[];
  readonly dkim: DkimKeys | undefined;
  readonly certificates: readonly Certificate[];
  /** Settings of chatmail.ini by name. */
  readonly chatmail: ReadonlyMap<string, string> | undefined;
  /** qmail's control files by name, line by line. */
  readonly qmail: ReadonlyMap<string, readonly string[]> | undefined;
  /** Active units of systemd that have to do with mail. */
  readonly units: readonly string[];
  /** TCP ports on which something listens. */
  readonly ports: readonly number[];
}

export interface Program {
  readonly name: string;
  /** undefined where nobody tells it. */
  readonly version: string | undefined;
}

/** How mailboxes are kept. */
export interface MailStore {
  /** Dovecot's word: maildir, sdbox, mdbox, mbox. */
  readonly driver: string;
  /** Folders of a Maildir: `.Folder.Sub` beside cur and new, or directories in directories. */
  readonly layout: "Maildir++" | "fs" | undefined;
  /** Between the parts of a folder's name, as clients see it. */
  readonly separator: string;
  /** The directory of all mailboxes; undefined when they have none in common, or it was not found. */
  readonly root: string | undefined;
  /** How deep below it homes lie, where each is a system user's own: 2 for /mail/example.org/alice. */
  readonly homesDepth?: number;
  /** Who owns the mail; undefined when each user has an own account on the system, or nobody knows. */
  readonly owner: string | undefined;
}

export interface Users {
  readonly count: number;
  /** How many users by domain, largest first. */
  readonly domains: readonly { readonly name: string; readonly count: number }[];
  /** One of them, for a test mail. */
  readonly one: string | undefined;
}

/** What a mail root holds. */
export interface Contents {
  readonly folders: number;
  readonly messages: number;
  readonly bytes: number;
  /** false: the count took too long and was broken off. */
  readonly isWhole: boolean;
  /** Room that is left beside it, in bytes. */
  readonly freeBytes: number;
}

/** A database that mail is looked up in. */
export interface MailDatabase {
  readonly kind: "MariaDB" | "PostgreSQL" | "SQLite";
  /** Its name; for SQLite its file. */
  readonly name: string;
  /** Those of its tables that tell what it is for. */
  readonly tables: readonly string[];
  /** Files of Postfix and Dovecot that ask it. */
  readonly askedBy: readonly string[];
}

export interface RedisDatabase {
  readonly number: number;
  readonly keys: number;
}

export interface DkimKeys {
  readonly signer: "Rspamd" | "OpenDKIM";
  readonly directory: string;
  /** The file that says which selector signs for which domain. */
  readonly map: string | undefined;
  readonly keys: number;
}

export interface Certificate {
  readonly file: string;
  readonly names: readonly string[];
  /** The day it ends, ISO 8601. */
  readonly ends: string | undefined;
}
