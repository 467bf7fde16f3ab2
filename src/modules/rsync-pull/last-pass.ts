import { createHash } from "node:crypto";
import { readFile, rename } from "node:fs/promises";
import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import { hasProofFailedSince } from "../failed-proof.ts";
import { parseRemembered, writeRemembered } from "../remembered.ts";
import type { PassNotes } from "./known-messages.ts";
import type { Listing } from "./listing.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import type { RealDirectory } from "./source-check.ts";

/** A pass that another can go on from. */
export interface GoodPass extends Listing {
  readonly pass: string;
}

/** What the last good pass left on the controller. */
export interface LastPass {
  readonly mountPoint: string;
  /** The pass that the target's notes have to be of, too; undefined where nothing is known to go on from. */
  readonly pass?: string | undefined;
  /** When the source was listed for it, in seconds since 1970 by its clock. */
  readonly startedAt?: number | undefined;
  /** What it was told to bring, and for whom (`wordsOf`). */
  readonly words?: string | undefined;
  /** Whether packing was found to be worth it, with `compress: auto`; undefined where nothing was measured. */
  readonly packs?: boolean | undefined;
  /** Of what is no mail root: what the source was like before the pass, and the target behind it. */
  readonly trees?: { readonly source: string; readonly target: string } | undefined;
}

/** What decides on what a pass leaves: one can go on only from one of the same words. */
export function wordsOf({ maildir, delete: deletes, exclude, files, owner, group }: RsyncPullArgs): string {
  return JSON.stringify({ maildir, deletes, exclude, files, owner, group });
}

/** What a measure said of packing. What the arguments say is none: `auto` must not take it for one later. */
export function measured({ compress }: RsyncPullArgs, packs: boolean | undefined): boolean | undefined {
  return compress === "auto" ? packs : undefined;
}

/** A listing tells what changed in a tree of which everything is taken. */
export function mayGoOn({
  maildir = false,
  delete: deletes = false,
  full = false,
  exclude,
}: RsyncPullArgs): boolean {
  return maildir && deletes && !full && exclude === undefined;
}

/** The name of the run file that remembers a source. */
export function memoryName(from: string, src: string, dest: string): string {
  const id = createHash("sha256").update(`${from}\0${src}\0${dest}`).digest("hex").slice(0, 12);
  return `rsync-pull-${id}.json`;
}

/** What is remembered under a name; undefined before the first pass. */
export async function readLastPass(
  name: string,
  context: Pick<LookContext, "lastRunFile">,
): Promise<LastPass | undefined> {
  const file = await context.lastRunFile(name);
  if (file === undefined) return undefined;
  const next = "Remove it and run the stage again: the pass then compares all of both trees.";
  return parseRemembered<LastPass>(await readFile(file, "utf8"), file, next);
}

/** Refuses when the source lay on another file system at the last pass: something is not mounted. */
export async function refuseOtherMount(
  name: string,
  { path, mountPoint }: RealDirectory,
  source: string,
  context: Pick<LookContext, "lastRunFile">,
): Promise<void> {
  const before = (await readLastPass(name, context))?.mountPoint;
  if (before === undefined || before === mountPoint) return;
  throw new Refused(
    `${path} on ${source} lay on the file system at ${before} before, and now on ${mountPoint}`,
    {
      host: source,
      next: `Mount ${before} again, or move the run file ${await context.lastRunFile(name)} aside if the change was meant.`,
    },
  );
}

/** Remembers a good pass; its listing takes the place of the one before. */
export async function rememberPass(
  name: string,
  last: LastPass,
  listing: Listing | undefined,
  context: Pick<LookContext, "runFile">,
): Promise<void> {
  if (listing !== undefined) await rename(listing.file, await context.runFile(listingName(name)));
  await writeRemembered(await context.runFile(name), last);
}

export function listingName(name: string): string {
  return name.replace(/json$/, "listing.gz");
}

/**
 * The pass that another of the same words can go on from: it came through, its notes on the target are of that pass, and
 * what it filled is still the same directory, of which no proof said since that it lacks something. Otherwise undefined:
 * both trees have to be compared.
 */
export async function passToGoOnFrom(
  name: string,
  words: string,
  notes: Pick<PassNotes, "directory">,
  dest: string,
  host: HostReader,
  context: Pick<LookContext, "lastRunFile">,
): Promise<GoodPass | undefined> {
  const last = await readLastPass(name, context);
  const file = await context.lastRunFile(listingName(name));
  if (last?.pass === undefined || last.startedAt === undefined || file === undefined) return undefined;
  if (last.words !== words) return undefined;
  if (await hasProofFailedSince(file, context)) return undefined;
  const argv = ["sh", "-c", notesScript, "sh", notes.directory, dest];
  const { exitCode, stdout } = await host.probe(argv, { accept: "any" });
  const [pass, noted, found] = stdout.toString("latin1").trimEnd().split("\n");
  const isSame = exitCode === 0 && pass === last.pass && noted !== undefined && noted === found;
  return isSame ? { file, startedAt: last.startedAt, pass } : undefined;
}

/** Prints the pass that the notes are of, the directory that it filled, and that directory as it is now. */
const notesScript = `
[ -e "$1/known" ] && [ ! -e "$1/pulling" ] && cat -- "$1/pass" && exec stat -c %d:%i -- "$2"`;

/** A shell function that notes a pass which came through: `$1` the notes, `$2` the pass, `$3` the directory. */
export const notePassFunction = `
note_pass() {
  { echo "$2"; stat -c %d:%i -- "$3"; } >"$1/pass.new" && mv -f -- "$1/pass.new" "$1/pass"
}`;
