import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import Module, { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";
import type { Surroundings } from "./surroundings.ts";

/**
 * Keeps what V8 compiled of the bundle for the next run, in the person's cache directory: compiling takes a fifth of the
 * processor's time of a short run. What lies there is run: nothing is read, written or removed unless every directory is this
 * user's alone, from the home or `XDG_CACHE_HOME` down to the build's own, and those that this file makes are no links. Does nothing
 * in the sources either, of which nothing is bundled. V8 itself refuses what was compiled by another version, under other flags or
 * from a text of another length.
 */
export function keepCompiledCode(environment: Surroundings["environment"]): void {
  const place = placeFor(environment);
  if (place === undefined || !place.directories.every(isOursAlone)) return;
  const kept = readKept(place.file);
  const fresh = new Map<string, Script>();
  const extensions = createRequire(import.meta.filename).extensions;
  const loadUsually = extensions[".js"];
  extensions[".cjs"] = (module, path) => {
    if (!path.startsWith(bundle)) return loadUsually?.(module, path);
    const name = path.slice(bundle.length);
    const code = kept.get(name);
    const script = new Script(Module.wrap(readFileSync(path, "utf8")), {
      filename: path,
      ...(code === undefined ? {} : { cachedData: code }),
    });
    if (code === undefined || script.cachedDataRejected === true) fresh.set(name, script);
    const run = script.runInThisContext() as (...given: unknown[]) => void;
    run.call(module.exports, module.exports, createRequire(path), module, path, dirname(path));
  };
  const tag = cachedDataVersionTag();
  // At the end a script knows the functions that were called: those are kept compiled.
  process.once("exit", () => {
    if (fresh.size === 0 || cachedDataVersionTag() !== tag) return;
    for (const [name, script] of fresh) kept.set(name, script.createCachedData());
    keep(place, kept);
  });
}

type CompiledCode = Map<string, Uint8Array>;

const bundle = `${import.meta.dirname}/`;

interface Place {
  /** All that lead to the file, from the person's own down to the build's. */
  readonly directories: readonly string[];
  /** What is kept of this build for this Node and its flags. */
  readonly file: string;
}

/** Undefined where there is nothing to keep, or no directory to keep it in. */
function placeFor(environment: Surroundings["environment"]): Place | undefined {
  if (!import.meta.filename.endsWith(".cjs")) return undefined;
  const persons = personsDirectories(environment);
  const cache = persons.at(-1);
  if (cache === undefined) return undefined;
  const all = join(cache, "mailferry", "compiled");
  const build = join(all, readFileSync(join(bundle, "build-id"), "utf8"));
  const name = `${process.version}-${process.arch}-${cachedDataVersionTag()}`;
  return { directories: [...persons, dirname(all), all, build], file: join(build, name) };
}

/** The person's cache directory, and before it the home that it lies in. Theirs may be links: who follows them once is not led elsewhere later. */
function personsDirectories({ HOME, XDG_CACHE_HOME }: Surroundings["environment"]): readonly string[] {
  const named = XDG_CACHE_HOME || HOME;
  if (!named?.startsWith("/")) return [];
  try {
    const first = realpathSync(named);
    return XDG_CACHE_HOME ? [first] : [first, withoutLinks(join(first, ".cache"))];
  } catch {
    return [];
  }
}

/** The path itself where nothing is there yet. */
function withoutLinks(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
}

/**
 * Whether nobody but this user and root can put anything in there, also where it has still to be made. False for a link, and for
 * a person's directory when root runs it with that person's HOME.
 */
function isOursAlone(directory: string): boolean {
  try {
    const facts = lstatSync(directory, { throwIfNoEntry: false });
    if (facts === undefined) return true;
    return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** A line of names and lengths in JSON, and behind it the bytes in that order. What can't be read counts as empty. */
function readKept(file: string): CompiledCode {
  const kept: CompiledCode = new Map();
  try {
    const bytes = readFileSync(file);
    let at = bytes.indexOf("\n") + 1;
    const index = JSON.parse(bytes.toString("utf8", 0, at)) as [string, number][];
    for (const [name, length] of index) {
      kept.set(name, bytes.subarray(at, at + length));
      at += length;
    }
  } catch {
    kept.clear();
  }
  return kept;
}

/** Whole or not at all, and on the disk before it has its name: half of it could pass for all. A run does not fail for it. */
function keep({ directories, file }: Place, kept: CompiledCode): void {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.part`;
  // A run can take hours: they are looked at again.
  if (!directories.every(isOursAlone)) return;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const index = JSON.stringify([...kept].map(([name, { length }]) => [name, length]));
    const descriptor = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(descriptor, Buffer.concat([Buffer.from(`${index}\n`), ...kept.values()]));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    removeOldBuilds(dirname(file));
  } catch {
    rmSync(temporary, { force: true });
  }
}

const otherBuildsAtMost = 3;

/** Removes only what is named as scripts/bundle.mjs names builds. */
function removeOldBuilds(directory: string): void {
  const all = dirname(directory);
  const newestFirst = readdirSync(all, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{32}$/.test(entry.name))
    .filter(({ name }) => name !== basename(directory))
    .map(({ name }) => ({ path: join(all, name), madeAt: lstatSync(join(all, name)).mtimeMs }))
    .sort((one, other) => other.madeAt - one.madeAt);
  for (const { path } of newestFirst.slice(otherBuildsAtMost)) rmSync(path, { recursive: true, force: true });
}
