import { posix } from "node:path";
import type { FakeTree } from "./fake-tree.ts";

type CoreCommand = (
  operands: readonly string[],
  flags: ReadonlySet<string>,
  tree: FakeTree,
) => string | undefined;

const words: Readonly<Record<string, CoreCommand>> = {
  mkdir: (paths, flags, tree) => {
    for (const path of paths) {
      if (tree.entries.has(path) && flags.has("-p")) continue;
      if (tree.entries.has(path)) throw new CoreError(`mkdir: ${path}: File exists`);
      if (!tree.entries.has(posix.dirname(path)) && !flags.has("-p")) {
        throw new CoreError(`mkdir: ${path}: No such file or directory`);
      }
      tree.put(path, { type: "directory" });
    }
  },
  chmod: ([mode = "", ...paths], flags, tree) => {
    for (const path of reached(paths, flags, tree)) tree.change(path, { mode });
  },
  chown: ([who = "", ...paths], flags, tree) => {
    const [owner, group] = who.split(":");
    for (const path of reached(paths, flags, tree)) {
      tree.change(path, { ...(owner ? { owner } : {}), ...(group ? { group } : {}) });
    }
  },
  chgrp: ([group = "", ...paths], flags, tree) => {
    for (const path of reached(paths, flags, tree)) tree.change(path, { group });
  },
  rm: (paths, _flags, tree) => {
    for (const path of paths.flatMap((top) => tree.under(top))) tree.entries.delete(path);
  },
  rmdir: (paths, _flags, tree) => {
    for (const path of paths) tree.entries.delete(path);
  },
  touch: (paths, _flags, tree) => {
    for (const path of paths) tree.put(path, tree.entries.get(path) ?? {});
  },
  ln: ([target = "", path = ""], _flags, tree) => {
    tree.put(path, { type: "link", target });
  },
  mv: ([from = "", to = ""], _flags, tree) => {
    copyTree(from, to, tree);
    for (const path of tree.under(from)) tree.entries.delete(path);
  },
  // The name is always the same free one: a test can tell it in advance.
  mktemp: ([template = "/tmp/tmp.XXXXXXXXXX"], flags, tree) => {
    const suffix = [...flags].find((flag) => flag.startsWith("--suffix="))?.slice("--suffix=".length) ?? "";
    const free = (path: string): string =>
      tree.entries.has(path + suffix) ? free(`${path}0`) : path + suffix;
    const path = free(template.replace(/X+$/, "0"));
    if (!path.startsWith("/tmp/") && !tree.entries.has(posix.dirname(path))) {
      throw new CoreError(
        `mktemp: failed to create file via template '${template}': No such file or directory`,
      );
    }
    tree.put(path, flags.has("-d") ? { type: "directory", mode: "0700" } : { mode: "0600" });
    return `${path}\n`;
  },
  // Nothing is mounted on a fake host.
  mountpoint: () => {
    throw new CoreError("");
  },
  readlink: (paths, flags, tree) =>
    paths.map((path) => `${tree.realPath(path)}${flags.has("-z") ? "\0" : "\n"}`).join(""),
  cp: ([from = "", to = ""], _flags, tree) => {
    copyTree(from, to, tree);
  },
};

/** What the commands of coreutils above do to the tree; undefined for any other command. */
export function answerOfCoreCommand(
  argv: readonly string[],
  tree: FakeTree,
): { exitCode: number; stdout?: string; stderr?: string } | undefined {
  const [program = "", ...rest] = argv;
  const command = Object.hasOwn(words, program) ? words[program] : undefined;
  if (command === undefined) return undefined;
  const end = rest.indexOf("--");
  const options = end === -1 ? rest.filter((word) => word.startsWith("-")) : rest.slice(0, end);
  const operands = end === -1 ? rest.filter((word) => !word.startsWith("-")) : rest.slice(end + 1);
  try {
    return { exitCode: 0, stdout: command(operands, new Set(options), tree) ?? "" };
  } catch (error) {
    if (error instanceof CoreError) return { exitCode: 1, stderr: `${error.message}\n` };
    throw error;
  }
}

class CoreError extends Error {}

function reached(paths: readonly string[], flags: ReadonlySet<string>, tree: FakeTree): string[] {
  return [...(flags.has("-R") ? paths.flatMap((path) => tree.under(path)) : paths)];
}

function copyTree(from: string, to: string, tree: FakeTree): void {
  if (!tree.entries.has(from)) throw new CoreError(`${from}: No such file or directory`);
  for (const path of tree.under(from)) {
    const entry = tree.entries.get(path);
    if (entry !== undefined) tree.put(`${to}${path.slice(from.length)}`, entry);
  }
}
