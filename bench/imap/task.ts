/** A server as both programs reach it; the words are those of the module imap_copy. */
export interface Server {
  readonly address: string;
  readonly port: number;
  readonly master_user: string;
  readonly master_password: string;
}

/** What is to be copied, and whose it is. */
export interface CopyTask {
  readonly old: Server;
  readonly new: Server;
  readonly users: readonly string[];
}
