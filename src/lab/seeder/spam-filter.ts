import { composeMessage } from "./message.ts";
import { createRandom } from "./random.ts";
import { tarEnd, tarEntry } from "./tar.ts";
import { type SeedTarget, shell } from "./target.ts";

const perClass = 15;

/** Has Rspamd learn some ham and some spam. Returns the number of messages; 0 where there is no Rspamd. */
export async function trainSpamFilter(target: SeedTarget, seed: number): Promise<number> {
  const script = `
    command -v rspamc > /dev/null || { echo none; exit; }
    directory=$(mktemp -d)
    tar -x -f - -C "$directory"
    rspamc learn_ham "$directory/ham"/* > /dev/null
    rspamc learn_spam "$directory/spam"/* > /dev/null
    rm -r "$directory"
    echo learned`;
  const entries = (["ham", "spam"] as const).flatMap((kind) =>
    Array.from({ length: perClass }, (_, number) => trainingMessage(kind, number, seed)),
  );
  const output = await target.run(shell(script), { stdin: Buffer.concat([...entries, tarEnd]) });
  return output.trim() === "learned" ? 2 * perClass : 0;
}

function trainingMessage(kind: "ham" | "spam", number: number, seed: number): Buffer {
  const random = createRandom("training", seed, kind, number);
  const message = composeMessage(
    {
      id: `<training.${kind}.${number}@seed.example.com>`,
      to: "alice@example.org",
      date: new Date(Date.UTC(2024, 0, 1 + number)),
      kind: "plain",
    },
    random,
  );
  const bait =
    kind === "spam"
      ? "miracle pills casino jackpot transfer urgent winner\n"
      : "minutes of the ferry council\n";
  return tarEntry({
    name: Buffer.from(`${kind}/${number}`),
    type: "file",
    mode: 0o600,
    uid: 0,
    gid: 0,
    modifiedAt: 1_700_000_000,
    content: Buffer.concat([message, Buffer.from(bait.repeat(random.integer(3, 9)))]),
  });
}
