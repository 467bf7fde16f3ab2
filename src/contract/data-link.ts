/** Asks for the restricted channel on which one host reads one directory of another. */
export interface DataLinkRequest {
  /** The inventory name of the host that is read. */
  readonly source: string;
  /** The inventory name of the host that reads. */
  readonly target: string;
  /** The absolute path on the source; nothing outside of it can be read. */
  readonly directory: string;
  /**
   * The configuration of the source's Dovecot that hands a user's mailbox over by dsync, too. Left out: none does. Who holds the
   * key of such a link could write into mailboxes there by dsync, which goes both ways.
   */
  readonly dovecot?: string | undefined;
}

/** What ssh asks a data link for, with a user's name behind it, to speak with that Dovecot's dsync about the user's mailbox. */
export const mailboxRequest = "mailferry-mailbox";

/**
 * What ssh asks a data link for to get its whole directory as one tar stream, with options behind it: `--acls`,
 * `--xattrs`, `--exclude=PATTERN`, `--owner=NUMBER`, `--group=NUMBER`, `--gzip`; `--nice=0…19` and `--ionice=0…7|idle` say how far it
 * steps back there for others. With `--shard` it leaves out what is listed on its input: paths, each with `./` in front and a line
 * of its own, that are no patterns. In front of rsync's command `nice=0…19` and `ionice=0…7|idle` say how far that steps back.
 */
export const archiveRequest = "mailferry-archive";

/**
 * How many blocks of 512 bytes that stream has in a record, which is read and written at once: as much as a pipe holds. With tar's own 20
 * both sides take a quarter more processor time.
 */
export const archiveRecordBlocks = 128;

/** An open data link, to be used on the target host. */
export interface DataLink {
  /** The value for rsync's `--rsh`: ssh with the link's own key and pinned host key. */
  readonly remoteShell: string;
  /** `user@address` of the source, with brackets round an IPv6 address. */
  readonly remote: string;
  /** Paths in rsync's source argument are relative to this directory: `remote:` + `/sub/`. */
  readonly directory: string;
}
