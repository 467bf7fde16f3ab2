import type { Problem } from "../../contract/errors.ts";
import { placeWithin, pointerTo } from "../../expression/placed-values.ts";
import type { Playbook, Stage } from "../model/playbook.ts";
import type { Task } from "../model/task.ts";
import { textsIn } from "../texts-in.ts";
import { tasksIn } from "./known-names.ts";

/** Checks a playbook for what costs mail: deleting past the latches, whole trees as targets, a cutover without a freeze. */
export function checkSafety(playbook: Playbook): Problem[] {
  return playbook.stages.flatMap((stage) => [
    ...checkFreeze(stage),
    ...[...stage.plays, ...stage.rollback]
      .flatMap((play) => [...play.tasks.flatMap(tasksIn), ...play.handlers])
      .flatMap(checkTask),
  ]);
}

/** What a single task would do that costs mail. */
export function checkTask(task: Task): Problem[] {
  return [...checkDelete(task), ...checkTargets(task), ...checkQuoting(task)];
}

/** New must not be opened while old may still take mail. */
function checkFreeze(stage: Stage): Problem[] {
  if (stage.name !== "cutover") return [];
  const latches = stage.plays
    .flatMap((play) => play.tasks.flatMap(tasksIn))
    .filter((task) => task.module === "latch" && task.args.values.state !== "lifted");
  const frozen = latches.findIndex((task) => task.args.values.name === "old-frozen");
  const opened = latches.findIndex((task) => task.args.values.name === "new-opened");
  const hint = "freeze the old server first, with `latch: { name: old-frozen }`";
  if (opened >= 0 && (frozen < 0 || frozen > opened)) {
    const place = latches[opened]?.place ?? stage.place;
    return [
      { message: "the cutover opens the new server and the old one is not frozen before", place, hint },
    ];
  }
  if (frozen >= 0) return [];
  return [{ message: "the stage `cutover` does not freeze the old server", place: stage.place, hint }];
}

/** rsync's own `--delete` knows nothing of the latches. */
function checkDelete({ module, args }: Task): Problem[] {
  const all = textsIn(args.values);
  const isCommand = module === "command" || module === "shell";
  const runsRsync =
    module.startsWith("rsync") || (isCommand && all.some(({ text }) => /\brsync\b/.test(text)));
  if (!runsRsync) return [];
  return all.flatMap(({ text, pointer }) => {
    const match = /(?<![\w-])--del(?:ete)?(?:-\w+)?\b/.exec(text);
    if (match === null) return [];
    const { line, column } = positionOf(text, match.index);
    return [
      {
        message: `\`${match[0]}\` in rsync's own options would also delete once the new server has taken mail`,
        place: placeWithin(args.placeOf(pointer), line, column),
        hint: "use `rsync_pull` with `delete: true`: it refuses when that would lose mail",
      },
    ];
  });
}

const wholeTrees: ReadonlySet<string> = new Set([
  ...["/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root"],
  ...["/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib", "/var/mail", "/var/spool"],
]);

/** A directory of the system is no target of a copy, and nothing to be removed. */
function checkTargets(task: Task): Problem[] {
  const { values, placeOf } = task.args;
  const removes = task.module === "file" && values.state === "absent";
  const copies = /^(rsync|sync)/.test(task.module);
  const [key] = removes ? ["path"] : copies ? ["dest"] : [];
  const target = key === undefined ? undefined : values[key];
  if (key === undefined || typeof target !== "string") return [];
  const place = placeOf(pointerTo("", key));
  const plain = target.replaceAll(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
  if (wholeTrees.has(plain)) {
    const what = removes ? "can't be removed" : "can't be the target of a copy";
    return [
      {
        message: `\`${plain}\` belongs to the system and ${what}`,
        place,
        hint: "name a directory inside of it",
      },
    ];
  }
  if (!copies || values.from !== undefined || typeof values.src !== "string") return [];
  const source = values.src.replace(/(?<=.)\/+$/, "");
  const hint = "copy to another place";
  if (`${plain}/`.startsWith(`${source}/`) && plain !== source) {
    return [{ message: `the target \`${plain}\` is inside of the source \`${source}\``, place, hint }];
  }
  if (!`${source}/`.startsWith(`${plain}/`) || plain === source) return [];
  return [{ message: `the source \`${source}\` is inside of the target \`${plain}\``, place, hint }];
}

/** In a shell's text a value needs quotes, or its spaces and `;` become part of the command. */
function checkQuoting(task: Task): Problem[] {
  if (task.module !== "shell") return [];
  return textsIn(task.args.values)
    .filter(({ pointer }) => pointer === "/cmd")
    .flatMap(({ text, pointer }) =>
      [...text.matchAll(/(?<!\\)\{\{\s*([A-Za-z_][\w.]*)\s*\}\}/g)].map((match) => {
        const { line, column } = positionOf(text, match.index);
        return {
          message: `\`${match[0]}\` stands in a shell command without quotes`,
          place: placeWithin(task.args.placeOf(pointer), line, column),
          hint: `write {{quote ${match[1]}}}`,
          severity: "warning" as const,
        };
      }),
    );
}

function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)?.length ?? 0 };
}
