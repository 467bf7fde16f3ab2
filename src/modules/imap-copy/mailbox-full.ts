/** New takes no more mail of a user. */
export class MailboxFull extends Error {
  override readonly name = "MailboxFull";
}
