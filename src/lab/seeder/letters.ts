import { composeMessage, type MessageKind } from "./message.ts";
import type { PlannedUser } from "./plan.ts";
import { createRandom } from "./random.ts";

/** A mail that comes in through a delivery door. */
export interface Letter {
  readonly to: string;
  readonly id: string;
  readonly content: Buffer;
}

/** Who gets which mail through which door. */
export interface LetterPlan {
  readonly bySmtp: readonly Letter[];
  readonly byLmtp: readonly Letter[];
  /** By LMTP, after everything else. */
  readonly last: readonly Letter[];
  readonly count: number;
  /** Message-IDs of all mail for an address. */
  idsFor(address: string): readonly string[];
}

const smtpKinds: readonly MessageKind[] = ["plain", "html", "eight-bit", "attachment"];
const lmtpKinds: readonly MessageKind[] = ["plain", "latin1", "fake-headers"];

/** Some mail by every door for each of the people. */
export function planLetters(people: readonly PlannedUser[], seed: number): LetterPlan {
  const write = (door: string, kinds: readonly MessageKind[], header: readonly string[] = []) =>
    people.flatMap((user) => kinds.map((kind) => letter(user, seed, door, kind, header)));
  const bySmtp = [
    ...write("smtp", smtpKinds),
    ...write("list", ["plain"], ["List-Id: Developers <dev.lists.example.com>"]),
  ];
  const byLmtp = write("lmtp", lmtpKinds);
  const last = write("last", ["plain", "html"]);
  const all = [...bySmtp, ...byLmtp, ...last];
  return {
    bySmtp,
    byLmtp,
    last,
    count: all.length,
    idsFor: (address) => all.filter((one) => one.to === address).map((one) => one.id),
  };
}

function letter(
  user: PlannedUser,
  seed: number,
  door: string,
  kind: MessageKind,
  header: readonly string[],
): Letter {
  const random = createRandom("letter", seed, user.index, door, kind);
  const id = `<${door}.${user.index}.${kind}@story.example.com>`;
  const date = new Date(Date.UTC(2025, 4, random.integer(1, 28), random.integer(6, 20)));
  const content = composeMessage(
    { id, to: user.address, date, kind, header, attachmentBytes: 300_000 },
    random,
  );
  return { to: user.address, id, content };
}
