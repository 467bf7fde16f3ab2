import { Refused } from "../contract/errors.ts";
import { type LookContext, lookingModule } from "../contract/module.ts";
import { closed, oneOf, text, word } from "./argument-schemas.ts";

interface ChecklistItem {
  readonly check: string;
  readonly ok_when: string;
  readonly otherwise?: "stop" | "warning";
  readonly found?: string;
  readonly do: string;
}

export interface ChecklistArgs {
  readonly title: string;
  readonly items: readonly ChecklistItem[];
}

interface Row {
  readonly verdict: "ok" | "warning" | "stop";
  readonly item: ChecklistItem;
}

const itemSchema = closed(
  {
    check: word("What is looked at, in a few words."),
    ok_when: word("A condition (CEL); when it holds, the row is ok."),
    otherwise: oneOf(["stop", "warning"], "What the row is when the condition does not hold.", "stop"),
    found: text("What was found, in a few words."),
    do: word("What the person should do about it."),
  },
  { required: ["check", "ok_when", "do"] },
);

/** Judges a list of findings, shows them as one table, and fails when one of them says stop. */
export const checklist = lookingModule<ChecklistArgs>({
  name: "checklist",
  description: "Judges a list of findings (ok, warning, stop), shows them as one table, and fails at a stop.",
  args: closed(
    {
      title: word("Stands over the table."),
      items: { type: "array", minItems: 1, items: itemSchema, description: "The findings, in order." },
    },
    { required: ["title", "items"] },
  ),

  async look({ title, items }, host, context) {
    const rows = items.map((item) => judge(item, context));
    const table = [title, ...rows.map(line), ...advice(rows)].join("\n");
    const stops = rows.filter((row) => row.verdict === "stop");
    if (stops.length > 0) {
      context.notice(table);
      const names = stops.map((row) => row.item.check).join("; ");
      throw new Refused(`${title}: ${stops.length} of ${rows.length} say stop: ${names}`, {
        host: host.name,
        next: stops.map((row) => row.item.do).join(" "),
      });
    }
    const warnings = rows.filter((row) => row.verdict === "warning").length;
    return { message: table, result: { checks: rows.length, warnings } };
  },
});

function judge(item: ChecklistItem, context: LookContext): Row {
  return { item, verdict: context.evaluate(item.ok_when) ? "ok" : (item.otherwise ?? "stop") };
}

function line({ verdict, item }: Row): string {
  const found = item.found === undefined || item.found === "" ? "" : `: ${item.found}`;
  return `  ${verdict.padEnd(8)} ${item.check}${found}`;
}

function advice(rows: readonly Row[]): string[] {
  return rows
    .filter((row) => row.verdict !== "ok")
    .map((row) => `  ${row.verdict === "stop" ? "STOP" : "note"}: ${row.item.check}. ${row.item.do}`);
}
