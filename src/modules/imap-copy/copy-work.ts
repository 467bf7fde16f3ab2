import type { LookContext } from "../../contract/module.ts";
import type { FolderMapper } from "../../mail/imap-folder-map.ts";
import type { MailServers } from "./mail-servers.ts";
import type { Pace } from "./pace.ts";
import type { Places } from "./places.ts";
import type { Tally } from "./tally.ts";

/** What all users of one copy share. */
export interface CopyWork {
  readonly servers: MailServers;
  /** Names the two servers, for the notes. */
  readonly between: readonly [string, string];
  readonly mapFolders: FolderMapper;
  /** The way back: what is called old is new, and the other way round. */
  readonly isBack: boolean;
  /** Nothing is written on new: what would be is counted. */
  readonly isDry: boolean;
  readonly foldersOnly: boolean;
  /** Users work on new already: what they deleted, moved or flagged there stays so. */
  readonly isInUse: boolean;
  /** Larger messages are left out, by name. */
  readonly maxMessageBytes: number | undefined;
  /** How long new may still take in a message whose connection was lost. */
  readonly settleMs: number;
  readonly pace: Pace;
  readonly places: Places;
  /** So many pairs of connections work for one user at most. */
  readonly pairsPerUser: number;
  readonly tally: Tally;
  readonly context: Pick<LookContext, "runFile" | "lastRunFile" | "notice" | "progress" | "signal">;
}
