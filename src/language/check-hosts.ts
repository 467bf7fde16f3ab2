import type { Problem } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { placeWithin } from "../expression/placed-values.ts";
import type { Inventory, Source } from "./model.ts";

/** Groups and hosts in `hosts:` that the inventory does not have. A template is left for the run. */
export function checkHostPattern({ text, place }: Source, inventory: Inventory | undefined): Problem[] {
  if (text.includes("{{") || inventory === undefined) return [];
  const known = [...inventory.groups.keys(), ...inventory.hosts.keys()];
  return text.split(",").flatMap((part) => {
    const name = part.trim();
    if (known.includes(name)) return [];
    const at = placeWithin(place, 1, Math.max(0, text.indexOf(name)));
    if (name === "localhost" || name === "127.0.0.1") {
      return [
        {
          message: `\`hosts: ${name}\``,
          place: at,
          hint: "write `control` for the machine that Mailferry runs on",
        },
      ];
    }
    if (/[:!&*~[\]]/.test(name)) {
      const hint = "write groups and hosts with commas between them";
      return [{ message: `\`${name}\` is a pattern of Ansible's, which is not read`, place: at, hint }];
    }
    const groups = [...inventory.groups.keys()].join(", ");
    const hint = didYouMean(name, known) ?? `the groups are ${groups}`;
    return [{ message: `the inventory has no group or host \`${name}\``, place: at, hint }];
  });
}
