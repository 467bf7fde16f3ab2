import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { Failure, Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";

/** A directory as it really is: links resolved, and the mount point it lies on. */
export interface RealDirectory {
  readonly path: string;
  readonly mountPoint: string;
}

/** Resolves a directory; undefined when it is not there or is no directory. */
export async function realDirectory(path: string, host: HostReader): Promise<RealDirectory | undefined> {
  const { exitCode, stdout } = await host.probe(["readlink", "-e", "--", path], { accept: [0, 1] });
  if (exitCode !== 0) return undefined;
  const real = stdout.toString("utf8").replace(/\n$/, "");
  if ((await host.stat(real))?.type !== "directory") return undefined;
  const mount = await host.probe(["stat", "-c", "%m", "--", real]);
  return { path: real, mountPoint: mount.stdout.toString("utf8").trim() };
}

export function missingSource(src: string, host: string): Refused {
  return new Refused(`${host} has no directory ${src}`, {
    host,
    next: "Is the file system mounted, and the path right?",
  });
}

/** Counts the files below a directory: with `maildir` the messages alone. What goes away meanwhile is no error. */
export async function countFiles(path: string, maildir: boolean, host: HostReader): Promise<number> {
  const messages = ["-regextype", "posix-extended", "-regex", ".*/(cur|new)/[^/]*"];
  let count = 0;
  await host.probe(["find", path, ...(maildir ? messages : []), "-type", "f", "-printf", "."], {
    accept: [0, 1],
    environment: { LC_ALL: "C" },
    timeoutMs: longLookMs,
    onStdout: (chunk) => {
      count += chunk.length;
    },
  });
  return count;
}

/** In a small mail system a few deleted messages are more than a few percent. */
const usualDeletions = 20;

/** Walking a large tree with a cold cache takes its time. */
export const longLookMs = 3_600_000;

/** Refuses when the source holds far less than what earlier passes brought: it looks empty or not mounted. */
export function refuseShrunkenSource(
  { here, there, share }: { readonly here: number; readonly there: number; readonly share: number },
  src: string,
  source: string,
): void {
  if (there > 0 ? there >= here * share - usualDeletions : here === 0) return;
  throw new Refused(
    `${src} on ${source} holds ${there} files, and here are ${here} from earlier passes: it looks empty or not mounted, and delete would remove the rest here`,
    {
      host: source,
      next:
        there === 0
          ? "Is the file system mounted, and the path right?"
          : `If so many were really removed there, say it with min_source_share: ${Math.floor((there / here) * 100) / 100}.`,
    },
  );
}

/** What a pass remembers of its source, on the controller. */
interface SourceMemory {
  readonly mountPoint: string;
}

/** The name of the run file that remembers a source. */
export function memoryName(from: string, src: string, dest: string): string {
  const id = createHash("sha256").update(`${from}\0${src}\0${dest}`).digest("hex").slice(0, 12);
  return `rsync-pull-${id}.json`;
}

/** Refuses when the source lay on another file system at the last pass: something is not mounted. */
export async function refuseOtherMount(
  name: string,
  { path, mountPoint }: RealDirectory,
  source: string,
  context: Pick<LookContext, "lastRunFile">,
): Promise<void> {
  const file = await context.lastRunFile(name);
  if (file === undefined) return;
  const before = (JSON.parse(await readFile(file, "utf8")) as SourceMemory).mountPoint;
  if (before === mountPoint) return;
  throw new Refused(
    `${path} on ${source} lay on the file system at ${before} before, and now on ${mountPoint}`,
    {
      host: source,
      next: `Mount ${before} again, or move the run file ${file} aside if the change was meant.`,
    },
  );
}

export async function rememberSource(
  name: string,
  { mountPoint }: RealDirectory,
  context: Pick<LookContext, "runFile">,
): Promise<void> {
  const memory: SourceMemory = { mountPoint };
  await writeFile(await context.runFile(name), `${JSON.stringify(memory)}\n`);
}

/** A failure for a host whose rsync is missing or too old. */
export function rsyncMissing(host: string): Failure {
  return new Failure("bad-input", `${host} has no rsync of version 3.1 or newer`, {
    host,
    next: "Install it there: apt-get install rsync",
  });
}
