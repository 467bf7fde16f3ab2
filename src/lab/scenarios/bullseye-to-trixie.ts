import { installDkimKeys, installLetsencrypt, ispmailVariables } from "./ispmail.ts";
import { ispmailBookworm, ispmailBullseye, ispmailBuster, ispmailTrixie } from "./ispmail-images.ts";
import type { LabScenario } from "./scenario.ts";

/** The playbook finds out by itself between which two releases it moves. */
const common: Pick<LabScenario, "playbook" | "installKeys" | "variables"> = {
  playbook: "bullseye-to-trixie",
  installKeys: async ({ roots, dkimKeys, ca }) => {
    await installDkimKeys(roots.old, dkimKeys);
    await installLetsencrypt(roots.old, ca);
  },
  variables: ispmailVariables,
};

/** An ISPmail server of Debian 11 and an empty one of Debian 13. */
export const bullseyeToTrixie: LabScenario = {
  ...common,
  name: "bullseye-to-trixie",
  images: { old: ispmailBullseye, new: ispmailTrixie },
};

/** The guide for Bookworm lays out a server as the one for Buster does. */
export const bullseyeToBookworm: LabScenario = {
  ...common,
  name: "bullseye-to-bookworm",
  images: { old: ispmailBullseye, new: ispmailBuster },
};

export const bookwormToTrixie: LabScenario = {
  ...common,
  name: "bookworm-to-trixie",
  images: { old: ispmailBookworm, new: ispmailTrixie },
};
