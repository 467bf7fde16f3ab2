import type { Change } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import type { FileStat, HostReader } from "../contract/host.ts";
import { changingModule, type LookContext } from "../contract/module.ts";
import type { Touch } from "../contract/touch.ts";
import {
  absolutePath,
  closed,
  oneOf,
  onlyWhen,
  ownership,
  whenIs,
  word,
  yesOrNo,
} from "./argument-schemas.ts";
import {
  type Attributes,
  attributeSteps,
  attributesOff,
  fourDigits,
  ownerWord,
  wantedAttributes,
} from "./file-attributes.ts";
import { followLink } from "./managed-file.ts";
import { plainPath, refuseProtected } from "./protected-path.ts";
import { standingPath } from "./standing-file.ts";

export interface FileArgs extends Attributes {
  readonly path: string;
  readonly state?: "file" | "directory" | "absent" | "link" | "touch";
  readonly src?: string;
  readonly recurse?: boolean;
}

/** The commands that bring the path to its state, in order. */
export interface PathChange extends Change {
  readonly path: string;
  readonly steps: readonly (readonly string[])[];
  readonly touches: readonly Touch[];
}

/** A directory with many files takes a while to look through, to change and to remove. */
const longestStepMs = 30 * 60_000;

/** Makes and removes files, directories and links, and sets who owns them. */
export const file = changingModule<FileArgs, PathChange>({
  name: "file",
  description: "Makes or removes a file, directory or symbolic link, and sets its owner and mode.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The path it is about."),
      state: oneOf(
        ["file", "directory", "absent", "link", "touch"],
        "`file`: it must be there already. `directory`: made with those above it. `absent`: removed with all in it. " +
          "`link`: a symbolic link to `src`. `touch`: an empty file, when nothing is there.",
        "file",
      ),
      src: word("Where the link points."),
      ...ownership,
      recurse: yesOrNo("Give all that lies in the directory the same owner and group.", false),
    },
    {
      required: ["path"],
      allOf: [
        onlyWhen("src", "state", "link"),
        onlyWhen("recurse", "state", "directory"),
        whenIs("state", "link", { needs: ["src"], forbids: ["mode"] }),
        whenIs("state", "absent", { forbids: ["mode", "owner", "group"] }),
        whenIs("recurse", true, { forbids: ["mode"] }),
      ],
    },
  ),

  async check(args, host, context) {
    const path = plainPath(args.path);
    const wanted = { ...args, path };
    if (args.state === "absent") return removal(path, host);
    if (args.state === "link") return linking(wanted, host);
    return presence({ ...wanted, path: await followLink(path, host) }, host, context);
  },

  touches: ({ touches }) => touches,

  async apply({ path, steps }, host, { signal }) {
    for (const step of steps) await host.run(step, { signal, timeoutMs: longestStepMs });
    return { result: { path } };
  },

  async current({ path: written, state }, host, _context, found) {
    const path = found?.path ?? plainPath(written);
    const isWhereItLeads = state !== "absent" && state !== "link";
    const real = isWhereItLeads ? await followLink(path, host) : path;
    return standingPath(real, await host.stat(real));
  },
});

async function removal(path: string, host: HostReader): Promise<PathChange | undefined> {
  const stat = await host.stat(path);
  if (stat === undefined) return undefined;
  await refuseProtected(path, stat, host);
  const result = standingPath(path, undefined);
  const change = { path, touches: [{ path, how: "remove" } as const], result };
  if (stat.type !== "directory")
    return { ...change, summary: `remove ${path}`, steps: [["rm", "-f", "--", path]] };
  const summary = `remove ${path} and all in it`;
  return { ...change, summary, steps: [["rm", "-rf", "--one-file-system", "--", path]] };
}

async function linking(args: FileArgs, host: HostReader): Promise<PathChange | undefined> {
  const { path, src = "" } = args;
  const stat = await host.stat(path);
  if (stat !== undefined && stat.type !== "link") throw inTheWay(stat, "link", host);
  const ownerSteps = attributesOff(stat, args).length > 0 ? attributeSteps(path, args, true) : [];
  if (stat?.target === src && ownerSteps.length === 0) return undefined;
  const isSame = stat?.target === src;
  const steps = isSame ? ownerSteps : [["ln", "-sfn", "--", src, path], ...ownerSteps];
  const touches = isSame ? [] : [{ path, how: "write" } as const];
  const result = { path, dest: path, state: "link", src };
  return { summary: `link ${path} to ${src}`, path, steps, touches, result };
}

async function presence(
  args: FileArgs,
  host: HostReader,
  { checkMode }: LookContext,
): Promise<PathChange | undefined> {
  const { path, state = "file", mode } = args;
  const stat = await host.stat(path);
  const type = state === "directory" ? "directory" : "file";
  if (stat !== undefined && stat.type !== type) throw inTheWay(stat, type, host);
  if (stat === undefined && state === "file" && !checkMode) throw missing(path, host);
  const made = stat === undefined ? creation(path, state, mode) : [];
  const off = attributesOff(stat, args);
  const steps = [...made, ...(off.length > 0 ? attributeSteps(path, args) : [])];
  const below = args.recurse === true && stat !== undefined ? await changesBelow(args, stat, host) : [];
  if (steps.length + below.length === 0) return undefined;
  const what = [
    ...(stat === undefined ? [`make ${type}`] : off),
    ...(below.length > 0 ? ["owners of all in it"] : []),
  ];
  const result = { path, dest: path, state: type, ...wantedAttributes(args) };
  const summary = `${path}: ${what.join(", ")}`;
  return { summary, path, steps: [...steps, ...below], touches: [], result };
}

function creation(path: string, state: FileArgs["state"], mode: string | undefined): string[][] {
  if (state === "touch") return [["touch", "--", path]];
  if (state !== "directory") return [];
  return [["mkdir", "-p", ...(mode === undefined ? [] : ["-m", fourDigits(mode)]), "--", path]];
}

/** One chown over the whole directory when anything in it has another owner or group. Links are not followed. */
async function changesBelow(
  { path, owner, group }: FileArgs,
  stat: FileStat,
  host: HostReader,
): Promise<string[][]> {
  await refuseProtected(path, stat, host);
  const others = [
    ...(owner === undefined ? [] : [["!", "-user", owner]]),
    ...(group === undefined ? [] : [["!", "-group", group]]),
  ];
  if (others.length === 0) return [];
  const either = others.flatMap((test, index) => (index === 0 ? test : ["-o", ...test]));
  const find = ["find", path, "-mindepth", "1", "(", ...either, ")", "-print", "-quit"];
  // Exit code 1: the user or group is not known (yet); chown will say so.
  const found = await host.probe(find, { accept: [0, 1], timeoutMs: longestStepMs });
  if (found.exitCode === 0 && found.stdout.length === 0) return [];
  return [["chown", "-R", "-h", "--", ownerWord({ owner, group }), path]];
}

function inTheWay(stat: FileStat, wanted: string, host: HostReader): Failure {
  return new Failure("task-failed", `${stat.path} is a ${stat.type} and can't become a ${wanted}`, {
    host: host.name,
    next: "Move it out of the way first.",
  });
}

function missing(path: string, host: HostReader): Failure {
  return new Failure("task-failed", `there is no file ${path}`, {
    host: host.name,
    next: "`state: touch` makes an empty file, `copy` and `template` one with content.",
  });
}
