import { folderDirectory } from "./folder-name.ts";
import { oddFileName, plainFileName } from "./maildir-name.ts";
import { composeMessage, type MessageKind } from "./message.ts";
import type { PlannedUser, SeedPlan } from "./plan.ts";
import { createRandom, type Random } from "./random.ts";
import { type TarEntry, tarEnd, tarEntry } from "./tar.ts";

const owner = { uid: 5000, gid: 5000 };
const archiveBytes = 8 << 20;

/** Folders of the volume, with their share of the messages. */
const folderShares = [
  ["INBOX", 0.55],
  ["Sent", 0.15],
  ["Archive", 0.1],
  ["Archive.2024", 0.1],
  ["Junk", 0.05],
  ["Trash", 0.05],
] as const;

/** An archive to unpack at /var/vmail, and how many messages it holds. */
export interface VolumePart {
  readonly archive: Buffer;
  readonly messages: number;
}

/** All volume messages of a plan as tar archives of some 8 MB each, made one at a time. */
export function* volumeParts(plan: SeedPlan): Generator<VolumePart> {
  let entries: Buffer[] = [];
  let bytes = 0;
  let messages = 0;
  for (const user of plan.users) {
    if (user.volume === 0) continue;
    for (const entry of userEntries(user, plan.size.seed)) {
      const block = tarEntry(entry);
      entries.push(block);
      bytes += block.length;
      if (entry.id !== undefined) messages += 1;
      if (bytes < archiveBytes) continue;
      yield { archive: Buffer.concat([...entries, tarEnd]), messages };
      entries = [];
      bytes = 0;
      messages = 0;
    }
  }
  if (entries.length > 0) yield { archive: Buffer.concat([...entries, tarEnd]), messages };
}

const volumeFolders = folderShares.map(([folder]) => folder);

/** `id` marks a message. */
type VolumeEntry = TarEntry & { readonly id?: string };

function* userEntries(user: PlannedUser, seed: number): Generator<VolumeEntry> {
  const [local = "", domain = ""] = user.address.split("@");
  const maildir = `${domain}/${local}/Maildir`;
  yield made(`${domain}/${local}`);
  yield made(maildir);
  for (const folder of volumeFolders) {
    const path = folderDirectory(folder) === "" ? maildir : `${maildir}/${folderDirectory(folder)}`;
    if (path !== maildir) {
      yield made(path);
      yield made(`${path}/maildirfolder`, "");
    }
    for (const part of ["cur", "new", "tmp"]) yield made(`${path}/${part}`);
  }
  if (user.kind === "volume") yield made(`${maildir}/subscriptions`, subscriptions());
  const random = createRandom("volume", seed, user.index);
  for (let number = 0; number < user.volume; number += 1) {
    yield messageEntry(user, number, `${maildir}/`, random);
  }
}

/** The time is the present one: Dovecot looks for new files where a directory's time has changed. */
function made(name: string, content?: string): TarEntry {
  const modifiedAt = Math.floor(Date.now() / 1000);
  if (content === undefined) {
    return { name: Buffer.from(`${name}/`), type: "directory", mode: 0o700, modifiedAt, ...owner };
  }
  return {
    name: Buffer.from(name),
    type: "file",
    mode: 0o600,
    modifiedAt,
    content: Buffer.from(content),
    ...owner,
  };
}

/** As Dovecot 2.3 writes it: the parts of a name are separated by tabs. */
function subscriptions(): string {
  return `V\t2\n\n${volumeFolders.map((folder) => folder.replaceAll(".", "\t")).join("\n")}\n`;
}

function messageEntry(user: PlannedUser, number: number, maildir: string, random: Random): VolumeEntry {
  const folder = pickFolder(random);
  const modifiedAt = Math.floor(Date.UTC(2018, 0, 1) / 1000) + random.integer(0, 7 * 365 * 86_400);
  const message = {
    id: `<volume.${user.index}.${number}@seed.example.com>`,
    to: user.address,
    date: new Date(modifiedAt * 1000),
    kind: random.chance(0.1) ? random.pick(rareKinds) : ("plain" as const),
  };
  const content = composeMessage(message, random);
  const fresh = folder === "INBOX" && random.chance(0.05);
  const facts = { seconds: modifiedAt, number, content, flags: fresh ? undefined : random.pick(flagSets) };
  const name = oddFileName(user.index, number, facts) ?? plainFileName(facts);
  const path = folderDirectory(folder);
  const place = Buffer.from(`${maildir}${path === "" ? "" : `${path}/`}${fresh ? "new" : "cur"}/`);
  return {
    name: Buffer.concat([place, name]),
    type: "file",
    mode: 0o600,
    modifiedAt,
    content,
    ...owner,
    id: message.id,
  };
}

const rareKinds: readonly MessageKind[] = [
  ...(["html", "eight-bit", "latin1", "fake-headers", "folded-id", "no-id", "crlf"] as const),
];

const flagSets = ["", "S", "S", "S", "S", "RS", "FS", "FRS", "ST", "DS"] as const;

function pickFolder(random: Random): string {
  let left = random.next();
  for (const [folder, share] of folderShares) {
    left -= share;
    if (left < 0) return folder;
  }
  return "INBOX";
}
