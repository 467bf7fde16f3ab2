import type { LookContext } from "../contract/module.ts";

/** Tells of folders whose UIDs no proof could compare; it decides nothing, since no message is lost. */
export function tellUnknownUids(folders: number, context: Pick<LookContext, "notice">): void {
  if (folders === 0) return;
  context.notice(
    `${folders} folders of old have opened messages and no UIDVALIDITY (uids-unknown): their UIDs are not proven, and clients may load them again. Does old's Dovecot keep dovecot-uidlist elsewhere (CONTROL=, mail_control_path)? Where another server opened them once, nothing is amiss.`,
  );
}
