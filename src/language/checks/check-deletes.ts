import type { Problem } from "../../contract/errors.ts";
import { deletingDoveadm, mailPlaces, mailVariable } from "../../contract/mail-places.ts";
import { conjunctsOf } from "../../expression/conjuncts.ts";
import { placeWithin, pointerTo } from "../../expression/placed-values.ts";
import type { Inventory } from "../model/inventory.ts";
import type { Play, Playbook } from "../model/playbook.ts";
import type { Source } from "../model/source.ts";
import type { Task, TaskNode } from "../model/task.ts";
import { textsIn } from "../texts-in.ts";
import { partsOf } from "./known-names.ts";

/**
 * Tasks that would delete mail, queues or databases past the latches. The modules that delete ask the latches
 * themselves, or are refused by them; a command asks nothing. It is taken where its `when` asks a latch: on new
 * `!latches.new_opened`, on old `latches.new_serving`.
 */
export function checkDeletes(playbook: Playbook, inventory: Inventory | undefined): Problem[] {
  if (!movesMail(inventory)) return [];
  return playbook.stages
    .flatMap(({ plays, rollback }) => [...plays, ...rollback])
    .flatMap((play) => [...play.tasks, ...play.handlers].flatMap((node) => checkNode(node, [], play)));
}

/** The same for tasks that are only read when a host of the play comes to them. */
export function checkLateDeletes(
  nodes: readonly TaskNode[],
  play: Pick<Play, "hosts">,
  inventory: Inventory | undefined,
): Problem[] {
  return movesMail(inventory) ? nodes.flatMap((node) => checkNode(node, [], play)) : [];
}

/** Without an old and a new side nothing is moved, and there are no latches to ask. */
function movesMail(inventory: Inventory | undefined): boolean {
  return inventory === undefined || inventory.groups.has("old") || inventory.groups.has("new");
}

// The `when` of an include is asked once, and not again at the tasks inside: it does not count here.
function checkNode(node: TaskNode, outer: readonly Source[], play: Pick<Play, "hosts">): Problem[] {
  if (node.kind === "meta") return [];
  const when = [...outer, ...node.when];
  if (node.kind === "block") return partsOf(node).flatMap((part) => checkNode(part, when, play));
  const latch = isOnOld(node, play) ? "latches.new_serving" : "!latches.new_opened";
  if (when.some(({ text }) => conjunctsOf(text).includes(latch))) return [];
  const found = deletesIn(node).map(({ what, instead, line, column, pointer }) => ({
    message: `${what}, and nothing here asks the latches: it would do so once new has taken mail too`,
    place: placeWithin(node.args.placeOf(pointer), line, column),
    hint: `${instead}; or, when you know what it deletes, write \`when: "${latch}"\``,
  }));
  return [...found, ...warnOfWriting(node, latch)];
}

/** What the latches will refuse when the task comes to it: told before, since then it is late. */
function warnOfWriting({ module, args }: Task, latch: string): Problem[] {
  const argument = writtenBy(module, args.values);
  const path = argument === undefined ? undefined : args.values[argument];
  if (argument === undefined || typeof path !== "string" || !mailPath.test(path)) return [];
  const when = latch.startsWith("!") ? "once new has taken mail" : "until new was seen to answer";
  return [
    {
      message: `\`${path}\` is a place of mail: \`${module}\` is refused there ${when}`,
      place: args.placeOf(pointerTo("", argument)),
      hint: `write \`when: "${latch}"\`, or keep what is no mail elsewhere`,
      severity: "warning",
    },
  ];
}

/** The argument that names what a task of the module writes over. */
function writtenBy(module: string, { state }: Task["args"]["values"]): string | undefined {
  if (module === "file") return state === "link" ? "path" : undefined;
  return Object.hasOwn(written, module) ? written[module] : undefined;
}

const written: Readonly<Record<string, string>> = {
  ...{ copy: "dest", template: "dest", get_url: "dest", unarchive: "dest", archive: "dest" },
  ...{ lineinfile: "path", blockinfile: "path", replace: "path", ini_file: "path", mount: "path" },
};

function isOnOld({ delegateTo }: Task, { hosts }: Pick<Play, "hosts">): boolean {
  const where = delegateTo?.text ?? hosts.text;
  return where === "old" || /^\{\{\s*old_host\s*\}\}$/.test(where);
}

interface Deletion {
  readonly what: string;
  readonly instead: string;
  readonly pointer: string;
  /** From 1 and 0, in the argument's text. */
  readonly line: number;
  readonly column: number;
}

function deletesIn(task: Task): Deletion[] {
  const { values } = task.args;
  if (task.module === "file") {
    const { path, state } = values;
    if (state !== "absent" || typeof path !== "string" || !mailPath.test(path)) return [];
    const instead = "leave it, or move it aside with a command";
    return [
      {
        what: `\`${path}\` holds mail and would be removed`,
        instead,
        pointer: pointerTo("", "path"),
        line: 1,
        column: 0,
      },
    ];
  }
  const isCommand = commands.includes(task.module);
  if (!isCommand && task.module !== "sql") return [];
  return textsIn(values).flatMap(({ text, pointer }) => {
    const rules = isCommand ? commandRules : sqlRules;
    const found = rules.map(({ pattern, what, instead }) => ({ match: pattern.exec(text), what, instead }));
    const [first] = found.filter(({ match }) => match !== null);
    if (first?.match == null) return [];
    const before = text.slice(0, first.match.index).split("\n");
    const at = { line: before.length, column: before.at(-1)?.length ?? 0 };
    return [{ what: `\`${short(first.match[0])}\` ${first.what}`, instead: first.instead, pointer, ...at }];
  });
}

const commands: readonly string[] = ["command", "shell", "script", "raw"];

/** A directory of mail or of its queue, by its path or by a variable that is called after it. */
const mailDirectories = String.raw`(?:${mailPlaces}|\{\{[^}]*${mailVariable}[^}]*\}\})`;
const mailPath = new RegExp(mailDirectories);

interface Rule {
  readonly pattern: RegExp;
  readonly what: string;
  readonly instead: string;
}

const sqlRules: readonly Rule[] = [
  {
    pattern: /\b(?:DROP\s+(?:TABLE|DATABASE|SCHEMA)|TRUNCATE(?:\s+TABLE)?\s+[\w`"]|DELETE\s+FROM)\b[^;'"]*/i,
    what: "deletes from a database",
    instead: "use `mariadb_copy`, `postgresql_copy` or `sqlite_copy`, which ask the latches",
  },
];

const commandRules: readonly Rule[] = [
  {
    pattern: new RegExp(String.raw`\brm\s[^|;&\n]*${mailDirectories}[^\s;|&]*`),
    what: "removes mail",
    instead: "use `rsync_pull` with `delete: true`, or move it aside",
  },
  {
    pattern: new RegExp(
      String.raw`\bfind\s[^|;&\n]*${mailDirectories}[^|;&\n]*\s(?:-delete\b|-exec(?:dir)?\s+rm\b)`,
    ),
    what: "removes mail",
    instead: "use `rsync_pull` with `delete: true`, or move it aside",
  },
  {
    pattern: new RegExp(deletingDoveadm),
    what: "deletes messages",
    instead: "use `rsync_pull`, or the module `doveadm`, which asks the latches",
  },
  {
    pattern: /\bpostsuper\s(?:-\S+\s+)*-d\b/,
    what: "deletes mail from the queue",
    instead: "use `postqueue` and let the queue deliver it",
  },
  {
    pattern: new RegExp(
      String.raw`\b(?:mysql|mariadb|psql|sqlite3)\b[\s\S]*?${sqlRules[0]?.pattern.source}`,
      "i",
    ),
    what: "deletes from a database",
    instead: "use `mariadb_copy`, `postgresql_copy` or `sqlite_copy`, which ask the latches",
  },
];

function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  return flat.length > 60 ? `${flat.slice(0, 57)}…` : flat;
}
