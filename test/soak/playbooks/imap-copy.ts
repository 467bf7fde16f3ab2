import { accountForImap, answer, freeze, setImapStage } from "../../e2e/imap-stage.ts";
import { ispmail } from "../ispmail.ts";
import type { SoakedPlaybook } from "../soaked-playbook.ts";

const { stays, same, ...common } = ispmail("imap-copy");

/** New keeps its mail in dbox, and Mailferry has no login on old: what has to be done there a person does. */
export const imapCopy: SoakedPlaybook = {
  ...common,
  setStage: setImapStage,
  account: accountForImap,
  byHand: async (stage, { complaint }) => {
    if (!complaint.includes("Freeze the old server now")) return;
    const { old } = stage.lab.hosts;
    await freeze(old);
    await answer(stage, { "imap-copy-frozen": old.address });
  },
  stays: {
    old: { "a service": ["postfix enabled", "dovecot enabled"] },
    new: stays.new,
  },
  old: {
    ...common.old,
    // The freeze, by hand.
    isDocumented: (setting) => ["main.cf master_service_disable", "/etc/postfix/main.cf"].includes(setting),
  },
  same: {
    ...{ domains: same.domains ?? "", users: same.users ?? "", aliases: same.aliases ?? "" },
    // Of folders that exist; clients show INBOX anyway. Their separators differ.
    subscriptions: `export LC_ALL=C; for user in $(doveadm user '*' | sort); do
      existing=$(doveadm mailbox list -u "$user")
      doveadm mailbox list -s -u "$user" | grep -Fx -- "$existing" | sed "/^INBOX$/d; s|^|$user |; s|[./_]|_|g" | sort; done`,
  },
};
