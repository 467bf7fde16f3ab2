import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { layDelayLine } from "../common/delay-line.ts";
import type { Bench } from "./bench.ts";
import { FigureBook, type Results, type WorkId } from "./figures.ts";
import { type Copies, copyForPasses, measureFirstCopies } from "./first-copy.ts";
import { makeRoom, makeRoomInMemory } from "./image.ts";
import { passLargeFolders } from "./large-folders.ts";
import { proveLargeLedgers } from "./large-ledgers.ts";
import { passLast } from "./last-pass.ts";
import { prove } from "./proof.ts";
import { createRandom } from "./random.ts";
import { startNew, startOld } from "./sides.ts";
import { mailOwner, type VolumeSize, writeVolume } from "./volume.ts";

/** What one run of the bench shall measure. */
export interface Wanted {
  readonly works: readonly WorkId[];
  readonly rounds: number;
  readonly size: VolumeSize;
}

/** Measures inside the namespaces and leaves the results in the work directory. */
export async function measureInside({ works, rounds, size }: Wanted, directory: string): Promise<void> {
  makeMailOwner();
  const missing: string[] = [];
  const images = imageDirectory(size, directory, missing);
  const room = makeRoom(join(directory, "old-room"), images);
  if (!room.isOwn) missing.push("a fresh ext4 of the bench's own: an image can't be mounted here");
  const random = createRandom(1);
  const source = join(room.directory, "vmail");
  const volume = writeVolume(source, size, random);
  console.log(`${volume.messages.length} messages in ${size.mailboxes} mailboxes are written`);
  const [old, its] = [await startOld(join(directory, "old")), await startNew(join(directory, "new"))];
  const sides = { old, new: its };
  const book = new FigureBook();
  const measures = (work: WorkId): boolean => works.includes(work);
  const bench: Bench = { directory, images, sides, size, volume, source, rounds, random, book, measures };
  const bytes = Number(execFileSync("du", ["-sb", source], { encoding: "utf8" }).split("\t")[0]);
  if (measures("folders")) await passLargeFolders(bench);
  if (measures("first")) await measureFirstCopies(bench);
  if (works.some((work) => !withoutCopies.has(work))) await measureOnCopies(bench, missing);
  if (measures("ledgers")) await proveLargeLedgers(bench);
  await Promise.all([old.stop(), its.stop()]);
  const results: Results = {
    figures: book.figures,
    volume: { mailboxes: size.mailboxes, messages: size.messages, bytes },
    missing,
    versions: versions(),
  };
  writeFileSync(join(directory, "results.json"), JSON.stringify(results));
}

/** Works that need no copies to begin with. */
const withoutCopies: ReadonlySet<WorkId> = new Set(["first", "folders", "ledgers"]);

/** Makes a directory for images: in memory, since a disk takes its own time, and that is not the same twice. */
function imageDirectory({ messages }: VolumeSize, directory: string, missing: string[]): string {
  const path = join(directory, "images");
  if (freemem() >= messages * imageBytesOfMessage) return makeRoomInMemory(path).directory;
  missing.push(
    "file systems in memory: there is too little of it, and the disk's own pace is in the figures",
  );
  mkdirSync(path);
  return path;
}

/** Three file systems' images, what the kernel remembers of two, and room to work. */
const imageBytesOfMessage = 60_000;

async function measureOnCopies(bench: Bench, missing: string[]): Promise<void> {
  const copies = await copyForPasses(bench);
  await passLast(bench, copies, bench.sides, { changed: "changed", unchanged: "unchanged" });
  await prove(bench, copies.own);
  if (bench.measures("changed-far") || bench.measures("unchanged-far")) await passFar(bench, copies, missing);
  for (const room of copies.rooms) room.drop();
}

async function passFar(bench: Bench, copies: Copies, missing: string[]): Promise<void> {
  const line = await layDelayLine(20);
  if (typeof line === "string") {
    missing.push(`the passes at 20 ms: ${line}`);
    return;
  }
  const old = await startOld(join(bench.directory, "far-old"), line);
  await passLast(
    bench,
    copies,
    { old, new: bench.sides.new },
    { changed: "changed-far", unchanged: "unchanged-far" },
  );
  await old.stop();
  line.stop();
}

/** In the namespaces alone: their /etc is laid over the machine's. */
function makeMailOwner(): void {
  const { user, id } = mailOwner;
  execFileSync("groupadd", ["-g", String(id), user]);
  execFileSync("useradd", ["-u", String(id), "-g", String(id), "-M", user]);
  // An sshd without PAM lets nobody in whose password is locked.
  execFileSync("usermod", ["-p", "*", "root"]);
  mkdirSync("/root/.ssh", { recursive: true });
}

function versions(): Record<string, string> {
  const first = (program: string, ...argv: string[]): string =>
    execFileSync("/bin/sh", ["-c", `${program} ${argv.join(" ")} 2>&1`], { encoding: "utf8" }).split(
      "\n",
    )[0] ?? "";
  return {
    Node: process.version,
    OpenSSH: first("ssh", "-V"),
    rsync: first("rsync", "--version").split(/ +/)[2] ?? "",
    tar: first("tar", "--version"),
    Linux: first("uname", "-r"),
  };
}
