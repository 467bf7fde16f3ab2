import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";

/** What tar is told of each format in which a tar may be compressed. */
export const compressionWords = {
  tar: [],
  gz: ["--gzip"],
  bz2: ["--bzip2"],
  xz: ["--xz"],
  zst: ["--zstd"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The Debian package with the program that a format needs. */
const packageFor: Readonly<Record<string, string>> = {
  gzip: "gzip",
  bzip2: "bzip2",
  xz: "xz-utils",
  zstd: "zstd",
  unzip: "unzip",
};

/** The failure of a host that has no program for a format; the error as it is otherwise. */
export function explained(error: unknown, host: HostReader): unknown {
  const stderr = (error as { stderr?: unknown }).stderr;
  if (typeof stderr !== "string") return error;
  const [, program = ""] = /(\w+): (?:Cannot exec|not found|not installed)/.exec(stderr) ?? [];
  const name = packageFor[program];
  if (name === undefined) return error;
  return new Failure("task-failed", `${program} is not installed on ${host.name}`, {
    host: host.name,
    cause: error,
    next: `Install it before: apt: { name: ${name} }`,
  });
}
