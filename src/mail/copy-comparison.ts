import { keyOf, type MarkedMessage } from "./message-identity.ts";
import { type Difference, noCounts, type ProofCounts, type ProofException } from "./proof.ts";

/** A message of a folder, as IMAP shows it. */
export interface ShownMessage extends MarkedMessage {
  /** Sorted, without `\Recent`. */
  readonly flags: readonly string[];
}

/** What of a folder is compared. */
export interface ShownFolder {
  readonly mailbox: string;
  readonly folder: string;
  readonly old: readonly ShownMessage[];
  readonly current: readonly ShownMessage[];
}

/**
 * Compares a folder with its copy on another server: messages match by Message-ID (or a hash of their headers) and size, each
 * one once, and among those that are the same by their flags. UIDs are of each server's own.
 */
export function compareCopies(
  { mailbox, folder, old, current }: ShownFolder,
  onException: (exception: ProofException) => void,
): ProofCounts {
  const counts = noCounts();
  const except = (difference: Difference, name: string, before?: string, after?: string): void => {
    counts[difference] += 1;
    onException({ difference, mailbox, folder, name, old: before, new: after });
  };
  const copies = groupsOf(current);
  for (const [key, originals] of groupsOf(old)) {
    const found = copies.get(key) ?? [];
    copies.delete(key);
    const { unlike, lacking, over } = matchByFlags(originals, found);
    counts["on-both"] += originals.length - lacking.length;
    for (const message of lacking) except("missing", nameOf(message));
    for (const message of over) except("extra", nameOf(message));
    for (const [before, after] of unlike) {
      except("flags-differ", nameOf(before), before.flags.join(" "), after.flags.join(" "));
    }
  }
  for (const message of [...copies.values()].flat()) except("extra", nameOf(message));
  return counts;
}

/** Messages that are the same but for their flags: those of equal flags belong together, the others in order. */
function matchByFlags(originals: readonly ShownMessage[], copies: readonly ShownMessage[]) {
  const over = [...copies];
  const others = originals.filter(({ flags }) => {
    const at = over.findIndex((copy) => copy.flags.join(" ") === flags.join(" "));
    if (at !== -1) over.splice(at, 1);
    return at === -1;
  });
  const unlike = others.slice(0, over.length).map((message, index) => [message, over[index]] as const);
  return {
    unlike: unlike.flatMap(([before, after]) => (after === undefined ? [] : [[before, after] as const])),
    lacking: others.slice(over.length),
    over: over.slice(others.length),
  };
}

function groupsOf(messages: readonly ShownMessage[]): Map<string, ShownMessage[]> {
  const groups = new Map<string, ShownMessage[]>();
  for (const message of messages) {
    const key = keyOf(message);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [message]);
    else group.push(message);
  }
  return groups;
}

function nameOf({ uid, identity, size }: ShownMessage): string {
  return `${identity} (UID ${uid}, ${size} bytes)`;
}
