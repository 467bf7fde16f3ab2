import { dkimKeys, ispmail, ispmailWayBack, quotas } from "../ispmail.ts";
import type { SoakedPlaybook } from "../soaked-playbook.ts";

const common = ispmail("bullseye-to-trixie");

export const bullseyeToTrixie: SoakedPlaybook = {
  ...common,
  wayBack: ispmailWayBack,
  same: { ...common.same, ...quotas, ...dkimKeys },
};
