import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

/** Each page of a playbook has a table of the guide's steps; what its middle column names has to be in the playbook. */
const pages = readdirSync("docs/playbooks").map((file) => file.replace(/\.md$/, ""));

describe.each(pages)("docs/playbooks/%s.md", (name) => {
  const page = readFileSync(`docs/playbooks/${name}.md`, "utf8");
  const stages = readPlaybook(name);
  const cells = guideCells(page);

  test("tells of every stage, and every stage it tells of is there", () => {
    const rows = tableUnder(page, /^\| stage \|/).map(([first = ""]) => first.replaceAll("`", "").trim());
    expect(rows).toEqual(stages.map(({ stage }) => stage));
  });

  test("has a table of the guide's steps", () => {
    expect(cells.length).toBeGreaterThan(3);
  });

  test("has every role of the playbook in that table", () => {
    const used = stages.flatMap(({ uses }) => uses.map(({ role }) => role));
    const told = cells.flatMap(readClaims).flatMap(({ roles }) => roles);
    expect([...new Set(used)].filter((role) => !told.includes(role))).toEqual([]);
  });

  test.each(cells)("is in step with the playbook in what Mailferry does: %s", (cell) => {
    for (const claim of readClaims(cell)) {
      const told = stages.filter(({ stage }) => claim.words.includes(stage));
      // With one stage named, all of it happens there; otherwise anywhere.
      const where = told.length === 1 ? told : stages;
      const uses = where.flatMap((each) => each.uses);
      const known = [
        ...stages.map(({ stage }) => stage),
        ...where.flatMap(({ tasks }) => tasks),
        ...uses.flatMap(({ role, entry }) => [role, entry]),
        ...uses.flatMap(({ role }) => variablesOf(role)),
      ];
      const named = [...claim.roles, ...claim.words];
      expect(named.filter((word) => !known.includes(word))).toEqual([]);
    }
  });
});

/** What one part of a cell claims: "`prepare`: role dns, `lower`". Parts stand between semicolons. */
interface Claim {
  readonly roles: readonly string[];
  /** Words in backticks: stages, entry points, variables, names of tasks. Commands and options are none of them. */
  readonly words: readonly string[];
}

function readClaims(cell: string): Claim[] {
  return cell.split(";").map((part) => ({
    roles: (/\broles? ([a-z-]+(?: and [a-z-]+)*)/.exec(part)?.[1] ?? "")
      .split(" and ")
      .filter((role) => role !== ""),
    words: [...part.matchAll(/`([^`]+)`/g)]
      .map(([, word = ""]) => word)
      .filter((word) => /^[A-Z]|^[a-z]\S*$/.test(word)),
  }));
}

/** What a stage does: its roles with the entry points used, and the names of its own tasks. */
interface StageUses {
  readonly stage: string;
  readonly uses: readonly { readonly role: string; readonly entry: string }[];
  readonly tasks: readonly string[];
}

type Task = Readonly<Record<string, unknown>> & { readonly name?: string; readonly block?: readonly Task[] };
type RoleEntry = string | { readonly role: string; readonly tasks_from?: string };
interface Play {
  readonly roles?: readonly RoleEntry[];
  readonly tasks?: readonly Task[];
}

function readPlaybook(name: string): StageUses[] {
  const { stages } = parse(readFileSync(`playbooks/${name}.yml`, "utf8")) as {
    readonly stages: readonly { readonly name: string; readonly plays: readonly Play[] }[];
  };
  return stages.map(({ name: stage, plays }) => {
    const tasks = plays.flatMap((play) => (play.tasks ?? []).flatMap(withBlocks));
    return {
      stage,
      tasks: tasks.map((task) => task.name ?? ""),
      uses: [...plays.flatMap((play) => play.roles ?? []), ...tasks.flatMap(includedRole)].map(asUse),
    };
  });
}

function withBlocks(task: Task): Task[] {
  return [task, ...(task.block ?? []).flatMap(withBlocks)];
}

function includedRole(task: Task): RoleEntry[] {
  const words = (task.include_role ?? task.import_role) as
    | { readonly name: string; readonly tasks_from?: string }
    | undefined;
  return words === undefined ? [] : [{ role: words.name, ...words }];
}

function asUse(entry: RoleEntry): { role: string; entry: string } {
  if (typeof entry === "string") return { role: entry, entry: "main" };
  return { role: entry.role, entry: entry.tasks_from ?? "main" };
}

function variablesOf(role: string): string[] {
  return Object.keys((parse(readFileSync(`roles/${role}/defaults/main.yml`, "utf8")) as object | null) ?? {});
}

/** The middle column of the table of the guide's steps. */
function guideCells(page: string): string[] {
  return tableUnder(page, /^\| [^|]+ \| Mailferry \|/).map(([, cell = ""]) => cell.trim());
}

/** The rows, cut into cells, of the table with that head. */
function tableUnder(page: string, head: RegExp): string[][] {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => head.test(line));
  const rows = first < 0 ? [] : lines.slice(first + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end < 0 ? undefined : end).map((row) => row.split("|").slice(1, -1));
}
