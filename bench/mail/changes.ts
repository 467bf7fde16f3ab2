import { appendFileSync, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "./random.ts";
import { asMailOwner, type Message, uidLine, type Volume, writeMessage } from "./volume.ts";

/** Changes so many messages anywhere, as users do: a third is delivered, a third gets other flags, a third is expunged. */
export function changeMessages(volume: Volume, count: number, random: Random): void {
  asMailOwner(() => {
    for (let number = 0; number < count; number += 1) {
      const turn = number % 3;
      if (turn === 0) deliver(volume, random);
      else if (turn === 1) changeFlags(volume, random);
      else expunge(volume, random);
    }
  });
}

function deliver({ folders, messages }: Volume, random: Random): void {
  const folder = folders[random.index(folders.length)];
  if (folder === undefined) return;
  const message = writeMessage(folder, "new", 1000 + random.index(8000), random);
  messages.push(message);
  appendFileSync(join(folder.path, "dovecot-uidlist"), uidLine(folder, message));
}

function changeFlags({ messages }: Volume, random: Random): void {
  const index = random.index(messages.length);
  const { folder, name } = messages[index] as Message;
  const [base = "", flags = ""] = name.slice("cur/".length).split(":2,");
  const others = flags.includes("F") ? flags.replace("F", "") : `F${flags}`;
  const renamed = { folder, name: `cur/${base}:2,${others}` };
  renameSync(join(folder.path, name), join(folder.path, renamed.name));
  messages[index] = renamed;
}

function expunge({ messages }: Volume, random: Random): void {
  const index = random.index(messages.length);
  const { folder, name } = messages[index] as Message;
  unlinkSync(join(folder.path, name));
  messages[index] = messages.at(-1) as Message;
  messages.pop();
}
