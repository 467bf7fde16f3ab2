import { isMap, type Json } from "../contract/json.ts";

const loopForms: Readonly<Record<string, string>> = {
  with_items: "write `loop` with the same list; a list in the list stays one item",
  with_list: "write `loop` with the same list",
  with_dict: 'write `loop: "{{items map}}"`; an item has `key` and `value`',
  with_indexed_items: "write `loop`, and `loop_control: { index_var: index }`",
  with_flattened: "write `loop` with one list that has no lists in it",
  with_sequence: "write `loop` with the numbers: `loop: [1, 2, 3]`",
  with_fileglob: "write `loop` with the names of the files",
  with_filetree: "write `loop` with the names of the files",
  with_first_found: "write a task for each file, with `when`",
  with_lines: "run the command with `register`, and `loop` over its `stdout_lines`",
  with_random_choice: "choose one, and write it",
};

/** What to write in place of a key in an older way of Ansible's to write a task; undefined for any other key. */
export function explainOldForm(key: string, value: Json): string | undefined {
  if (key === "action") return withModule(value, "");
  if (key === "local_action") return withModule(value, " and `delegate_to: control`");
  if (!key.startsWith("with_")) return undefined;
  return loopForms[key] ?? "write `loop` with a list of the items";
}

/** Arguments written `name=value` as the map that they stand for; undefined for a text that is something else. */
export function pairsAsMap(text: string): string | undefined {
  const pairs = [...text.matchAll(/(\w+)=((?:\{\{.*?\}\}|"[^"]*"|'[^']*'|[^\s"'])*)/g)];
  if (pairs.length === 0 || !/^\w+=/.test(text.trim())) return undefined;
  return mapOf(pairs.map(([, name = "", value = ""]) => [name, value.replace(/^(["'])(.*)\1$/, "$2")]));
}

/** Arguments of `command` and its like that stand behind the command in one text, as Ansible allows it. */
export function argumentsInCommand(text: string, names: readonly string[]): string | undefined {
  const pairs = [...text.matchAll(/(?:^|\s)(\w+)=(\S+)/g)].filter(([, name = ""]) => names.includes(name));
  return pairs.length === 0 ? undefined : mapOf(pairs.map(([, name = "", value = ""]) => [name, value]));
}

function withModule(value: Json, more: string): string {
  const [module, args] = moduleOf(value);
  if (module === undefined) return `write the module's name as the key${more}`;
  return `write \`${module}: ${args}\`${more}`;
}

/** `copy src=a dest=b`, `command: make`, or a map with `module`. */
function moduleOf(value: Json): [string | undefined, string] {
  if (typeof value === "string") {
    const [, module, rest = ""] = /^\s*([\w.]+)\s*(.*)$/s.exec(value) ?? [];
    return [module, pairsAsMap(rest) ?? rest];
  }
  if (!isMap(value) || typeof value.module !== "string") return [undefined, ""];
  const { module, ...args } = value;
  return [module, mapOf(Object.entries(args))];
}

function mapOf(entries: readonly (readonly [string, Json])[]): string {
  return `{ ${entries.map(([name, value]) => `${name}: ${written(value)}`).join(", ")} }`;
}

function written(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isPlain = /^[\w./][\w./ -]*$/.test(value) && !/^0\d/.test(value);
  return isPlain ? value : JSON.stringify(value);
}
