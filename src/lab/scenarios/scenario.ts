import type { LabCa } from "../certificates.ts";
import type { DkimKey, LabFiles } from "../identity.ts";
import type { HostRoots } from "../lab-hosts.ts";
import type { LabImage } from "../lab-image.ts";

/** The keys of one lab, and the roots of its hosts, which have not booted yet. */
export interface LabMaterial {
  readonly roots: HostRoots;
  /** One for every mail domain; their public halves are in the lab's DNS. */
  readonly dkimKeys: readonly DkimKey[];
  /** Both hosts trust it. */
  readonly ca: LabCa;
}

/** A migration that can be rehearsed: what its two hosts are made from, and what its playbook has to know of them. */
export interface LabScenario {
  readonly name: string;
  /** The name of a playbook that comes with Mailferry. */
  readonly playbook: string;
  readonly images: { readonly old: LabImage; readonly new: LabImage };
  /** Puts the lab's own keys and certificates where this kind of mail server has them, and what else its hosts need before they boot. */
  installKeys(material: LabMaterial): Promise<void>;
  /** Variables of its inventory, beside those that every lab needs. */
  variables(files: LabFiles): Readonly<Record<string, unknown>>;
}
