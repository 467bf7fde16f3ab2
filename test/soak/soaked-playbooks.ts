import { bullseyeToTrixie } from "./playbooks/bullseye-to-trixie.ts";
import { chatmail } from "./playbooks/chatmail.ts";
import { dovecotDbox } from "./playbooks/dovecot-dbox.ts";
import { imapCopy } from "./playbooks/imap-copy.ts";
import { ispmailWaves } from "./playbooks/ispmail-waves.ts";
import { qmailToQmail } from "./playbooks/qmail-to-qmail.ts";
import { stretchToBuster } from "./playbooks/stretch-to-buster.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";

const soakedPlaybooks: readonly SoakedPlaybook[] = [
  bullseyeToTrixie,
  stretchToBuster,
  dovecotDbox,
  qmailToQmail,
  chatmail,
  imapCopy,
  ispmailWaves,
];

/** The playbook that is soaked under that name. Throws when none is. */
export function soakedPlaybook(name: string): SoakedPlaybook {
  const found = soakedPlaybooks.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new Error(`the soak knows no ${name}, but ${soakedPlaybooks.map((each) => each.name).join(", ")}`);
}
