import { installLetsencrypt, ispmailVariables } from "./ispmail.ts";
import { ispmailBuster, ispmailStretch } from "./ispmail-images.ts";
import type { LabScenario } from "./scenario.ts";

/**
 * Debian's archive has neither Stretch nor Buster any more: the old server is a Debian 11 with Stretch's schema and
 * layout, the empty one a Debian 12 with Buster's. Old has no Rspamd, so no DKIM keys either.
 */
export const stretchToBuster: LabScenario = {
  name: "stretch-to-buster",
  playbook: "stretch-to-buster",
  images: { old: ispmailStretch, new: ispmailBuster },
  installKeys: async ({ roots, ca }) => installLetsencrypt(roots.old, ca),
  variables: ispmailVariables,
};
