import { askForMessageIds } from "../../../src/lab/check/collect-ids.ts";
import { account } from "../../e2e/account.ts";
import { dkimKeys, ispmail, ispmailWayBack, quotas } from "../ispmail.ts";
import type { SoakedPlaybook } from "../soaked-playbook.ts";

const common = ispmail("dovecot-dbox");

/** New keeps its mail in dbox: Dovecot is asked what is there. The Maildirs lie beside it, in a copy aside that stays. */
export const dovecotDbox: SoakedPlaybook = {
  ...common,
  wayBack: ispmailWayBack,
  account: (stage, traffic, side) => account(stage, traffic, { find: askForMessageIds, side }),
  looks: {
    ...common.looks,
    "a broken copy aside": "find /var/vmail.migrate -type f \\( -path '*/cur/.*' -o -path '*/new/.*' \\)",
  },
  notes: new RegExp(`${common.notes.source}|^dsync(/lock|/begun(/.*)?|/[0-9a-f]{12}(/known(/.*)?)?)?$`),
  same: { ...common.same, ...quotas, ...dkimKeys },
};
