import { writeHostFiles } from "../write-host-files.ts";
import { bullseyeToTrixie } from "./bullseye-to-trixie.ts";
import { dboxSettings } from "./dbox-settings.ts";
import type { LabScenario } from "./scenario.ts";

/** An ISPmail server of Debian 11 with Maildirs, and one of Debian 13 whose Dovecot keeps each message in a file of dbox. */
export const dovecotDbox: LabScenario = {
  ...bullseyeToTrixie,
  name: "dovecot-dbox",
  playbook: "dovecot-dbox",
  installKeys: async (material) => {
    await bullseyeToTrixie.installKeys(material);
    await writeHostFiles(material.roots.new, [dboxSettings(".")]);
  },
};
