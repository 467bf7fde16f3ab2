import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
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
 * processor's time of a short run. Does nothing where that directory is not this user's alone, and in the sources, of which nothing
 * is bundled. V8 itself refuses what was compiled by another version, under other flags or from a text of another length.
 */
export function keepCompiledCode(environment: Surroundings["environment"]): void {
  const file = fileFor(environment);
  if (file === undefined) return;
  const kept = readKept(file);
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
    keep(file, kept);
  });
}

type CompiledCode = Map<string, Uint8Array>;

const bundle = `${import.meta.dirname}/`;

/** The file of this build, this Node and its flags; undefined where nothing can be kept. */
function fileFor({ HOME, XDG_CACHE_HOME }: Surroundings["environment"]): string | undefined {
  if (!import.meta.filename.endsWith(".cjs")) return undefined;
  const home = XDG_CACHE_HOME || HOME;
  if (!home?.startsWith("/") || !isOurs(home)) return undefined;
  const cache = XDG_CACHE_HOME || join(home, ".cache");
  const build = readFileSync(join(bundle, "build-id"), "utf8");
  const name = `${process.version}-${process.arch}-${cachedDataVersionTag()}`;
  return join(cache, "mailferry", "compiled", build, name);
}

/** False also for a person's directory when root runs it with that person's HOME. */
function isOurs(directory: string): boolean {
  try {
    return statSync(directory).uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** Whether nobody but this user and root can put anything in there. What lies there is run. */
function isOursAlone(directory: string): boolean {
  try {
    const facts = lstatSync(directory);
    return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** A line of names and lengths in JSON, and behind it the bytes in that order. What can't be read counts as empty. */
function readKept(file: string): CompiledCode {
  const kept: CompiledCode = new Map();
  if (!isOursAlone(dirname(file))) return kept;
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
function keep(file: string, kept: CompiledCode): void {
  const directory = dirname(file);
  const temporary = `${file}.${randomBytes(6).toString("hex")}.part`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!isOursAlone(directory)) return;
    const index = JSON.stringify([...kept].map(([name, { length }]) => [name, length]));
    const descriptor = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(descriptor, Buffer.concat([Buffer.from(`${index}\n`), ...kept.values()]));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    removeOldBuilds(directory);
  } catch {
    rmSync(temporary, { force: true });
  }
}

const otherBuildsAtMost = 3;

function removeOldBuilds(directory: string): void {
  const all = dirname(directory);
  const others = readdirSync(all).filter((name) => name !== basename(directory));
  const newestFirst = others
    .map((name) => ({ path: join(all, name), madeAt: lstatSync(join(all, name)).mtimeMs }))
    .sort((one, other) => other.madeAt - one.madeAt);
  for (const { path } of newestFirst.slice(otherBuildsAtMost)) rmSync(path, { recursive: true, force: true });
}
