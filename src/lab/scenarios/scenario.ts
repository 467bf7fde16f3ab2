import type { LabCa } from "../certificates.ts";
import type { DkimKey, LabFiles } from "../identity.ts";
import type { HostRoots } from "../lab-hosts.ts";
import type { LabImage } from "../lab-image.ts";
import type { SeedManifest } from "../seeder/manifest.ts";
import type { SeedOptions } from "../seeder/seed.ts";
import type { SeedTarget } from "../seeder/target.ts";

/** The keys of one lab, and the roots of its hosts, which have not booted yet. */
export interface LabMaterial {
  readonly roots: HostRoots;
  /** One for every domain; their public halves are in the lab's DNS. */
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
  /** Its inventory doesn't name old: Mailferry has no login there. */
  readonly isOldWithoutShell?: boolean;
  /** Puts the lab's own keys and certificates where this kind of mail server has them, and what else its hosts need before they boot. */
  installKeys(material: LabMaterial): Promise<void>;
  /** Gives the controller what else the playbook works with there, beside the lab's own files. */
  equipController?(files: LabFiles): Promise<void>;
  /** Fills a fresh old host with users and mail; as an ISPmail server when left out. */
  fill?(target: SeedTarget, options: SeedOptions): Promise<SeedManifest>;
  /** Variables of its inventory, beside those that every lab needs. */
  variables(files: LabFiles): Readonly<Record<string, unknown>>;
}
