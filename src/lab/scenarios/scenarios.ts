import { Failure } from "../../contract/errors.ts";
import type { LabRole } from "../lab-hosts.ts";
import type { LabImage } from "../lab-image.ts";
import { bookwormToTrixie, bullseyeToBookworm, bullseyeToTrixie } from "./bullseye-to-trixie.ts";
import { chatmail } from "./chatmail.ts";
import { dovecotDbox } from "./dovecot-dbox.ts";
import { imapCopy } from "./imap-copy.ts";
import { qmailToQmail } from "./qmail-to-qmail.ts";
import type { LabScenario } from "./scenario.ts";
import { stretchToBuster } from "./stretch-to-buster.ts";

/** What can be rehearsed in a lab. */
export const labScenarios: readonly LabScenario[] = [
  bullseyeToTrixie,
  bullseyeToBookworm,
  bookwormToTrixie,
  stretchToBuster,
  qmailToQmail,
  chatmail,
  dovecotDbox,
  imapCopy,
];

/** What a lab is for unless somebody says otherwise. */
export const usualScenario = bullseyeToTrixie.name;

/** The scenario of that name. Throws a Failure when there is none. */
export function scenarioNamed(name: string): LabScenario {
  const scenario = labScenarios.find((each) => each.name === name);
  if (scenario !== undefined) return scenario;
  throw new Failure("bad-input", `there is no scenario called ${name} for a lab`, {
    next: `Take one of: ${labScenarios.map((each) => each.name).join(", ")}`,
  });
}

/** The images of all hosts of a lab with that scenario. Every lab has the same name servers. */
export function imagesOf(scenario: string): Readonly<Record<LabRole, LabImage>> {
  return { ...scenarioNamed(scenario).images, dns: nameServers };
}

/** Debian 13 with a primary and a secondary BIND. */
const nameServers: LabImage = {
  name: "dns",
  suite: "trixie",
  units: ["lab-named@primary", "lab-named@secondary"],
  ports: [53],
};
