import { installDkimKeys, installLetsencrypt, ispmailVariables } from "./ispmail.ts";
import { ispmailBullseye, ispmailTrixie } from "./ispmail-images.ts";
import type { LabScenario } from "./scenario.ts";

/** An ISPmail server of Debian 11 and an empty one of Debian 13. */
export const bullseyeToTrixie: LabScenario = {
  name: "bullseye-to-trixie",
  playbook: "bullseye-to-trixie",
  images: { old: ispmailBullseye, new: ispmailTrixie },
  installKeys: async ({ roots, dkimKeys, ca }) => {
    await installDkimKeys(roots.old, dkimKeys);
    await installLetsencrypt(roots.old, ca);
  },
  variables: ispmailVariables,
};
