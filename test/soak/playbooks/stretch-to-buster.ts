import { ispmail, ispmailWayBack } from "../ispmail.ts";
import type { SoakedPlaybook } from "../soaked-playbook.ts";

const common = ispmail("stretch-to-buster");

/** Old has no Rspamd, and its schema no quota: new's users are without limit. */
export const stretchToBuster: SoakedPlaybook = {
  ...common,
  wayBack: ispmailWayBack,
  restarts: { ...common.restarts, stores: [["systemctl", "restart", "mariadb"]] },
};
