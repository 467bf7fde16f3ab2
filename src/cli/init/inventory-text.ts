import { Document, isCollection, isSeq, visit } from "yaml";
import type { Json } from "../../contract/json.ts";
import type { FoundVariable, VariableGroup } from "./found-variable.ts";

/** A host as it stands in the inventory. */
export interface InventoryEntry {
  readonly name: string;
  /** What is written behind it: `address`, `port`, `user`. Empty where another inventory has that. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** A comment above it. */
  readonly says: string;
}

export interface InventoryContents {
  readonly playbook: string;
  /** Lines at the top: what was found, and when. */
  readonly says: readonly string[];
  /** How to log in, where it is the same for both. */
  readonly connection: Readonly<Record<string, Json>>;
  readonly groups: readonly VariableGroup[];
  readonly old: InventoryEntry;
  readonly new: InventoryEntry;
}

/** Writes an inventory with a comment on each variable. */
export function inventoryText({
  playbook,
  says,
  connection,
  groups,
  old,
  new: fresh,
}: InventoryContents): string {
  const login = Object.entries(connection).map(([name, value]) => written({ name, value, says: "" }, 4));
  const loginPart = login.length === 0 ? [] : ["    # How to log in.", ...login];
  const found = groups.flatMap(({ heading, variables }) => [
    "",
    `    # ${heading}.`,
    ...variables.map((variable) => written(variable, 4)),
  ]);
  return `${[
    ...says.map((line) => `# ${line}`.trimEnd()),
    `# \`mailferry check ${playbook} -i THIS_FILE\` tells what is wrong with it, without touching a host.`,
    "all:",
    "  vars:",
    ...[...loginPart, ...found].join("\n").replace(/^\n/, "").split("\n"),
    "",
    "  children:",
    "    # The server that mail comes from. It is only read, until a stage says otherwise.",
    ...groupText("old", old),
    "    # The server that mail goes to.",
    ...groupText("new", fresh),
  ].join("\n")}\n`;
}

function groupText(group: string, { name, settings, says }: InventoryEntry): string[] {
  const entry = document({ [name]: settings }).trimEnd();
  return [`    ${group}:`, "      hosts:", ...(says === "" ? [] : [`        # ${says}`]), `        ${entry}`];
}

function written({ name, value, says, isSuggestion = false }: FoundVariable, indent: number): string {
  const comment = says === "" ? [] : [`# ${says}`];
  const text = document({ [name]: value })
    .trimEnd()
    .split("\n");
  const lines = [...comment, ...text.map((line) => (isSuggestion ? `# ${line}` : line))];
  return lines.map((line) => `${" ".repeat(indent)}${line}`).join("\n");
}

/** What stands in lists of maps, and maps in maps, goes on one line; so do short lists. */
function document(value: Json): string {
  const text = new Document(value);
  visit(text, {
    Collection(_, node, path) {
      const isOuter = path.filter(isCollection).length === 0;
      const holdsMaps = isSeq(node) && node.items.some((item) => isCollection(item));
      if (!isOuter && !holdsMaps) node.flow = true;
    },
  });
  return text.toString({ lineWidth: 0, flowCollectionPadding: true });
}
