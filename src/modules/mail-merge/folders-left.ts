import { Refused } from "../../contract/errors.ts";
import type { MergeSide } from "./control-files.ts";

/** The argument that says how many of old's folders new may lack. */
export const sourceShare = {
  type: "number",
  minimum: 0,
  maximum: 1,
  default: 0.95,
  description: "New must have at least this share of the folders that are here, but for 20.",
} as const;

/** On a small server a few folders are more than a few percent. */
const usuallyRemoved = 20;

/** Throws Refused when new lacks more of old's folders than users remove: what is not mounted there would not come back, and nothing would miss it. */
export function refuseShrunken(old: MergeSide, current: MergeSide, path: string, share = 0.95): void {
  const [here, there] = [old.beside.folders, current.beside.folders];
  const left = [...here].filter((folder) => there.has(folder)).length;
  if (left >= here.size * share - usuallyRemoved) return;
  throw new Refused(
    `${path} on ${current.host.name} has ${left} of the ${here.size} folders that ${old.host.name} has: it looks as if something were not mounted there`,
    {
      host: current.host.name,
      next: `Mount it, and run the stage again. If so many were really removed there, say it with min_source_share: ${Math.floor((left / here.size) * 100) / 100} (role maildir: maildir_back_share).`,
    },
  );
}
