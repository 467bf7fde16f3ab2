import { questionFor } from "../../mail/dns-record.ts";
import { setName } from "../../mail/dns-record-sets.ts";
import type { DnsView, SurveyRow } from "../../mail/dns-survey/survey.ts";
import type { MailDnsArgs } from "./arguments.ts";

/** A line of the table. */
export interface ToldRow extends Omit<SurveyRow, "verdict"> {
  /** planned: it changes at the switch. */
  readonly verdict: SurveyRow["verdict"] | "planned";
  /** The longest among the name servers, in seconds. */
  readonly ttl: number | undefined;
}

/** A row as it is told: with its TTL, and whether the switch changes it. */
export function toldRow(
  row: SurveyRow,
  view: DnsView,
  { planned = [] }: Pick<MailDnsArgs, "planned">,
): ToldRow {
  const isPlanned = planned.some(({ name, type }) => setName(questionFor(name, type)) === setName(row));
  const verdict = row.verdict === "change" && isPlanned ? "planned" : row.verdict;
  return { ...row, verdict, ttl: view.set(row.name, row.type)?.maxTtl };
}

/** Those that somebody has to do something about come first. */
const order: readonly ToldRow["verdict"][] = ["change", "warning", "planned", "ok"];

/** The table for people. */
export function tableOf(rows: readonly ToldRow[], failures: readonly string[]): string {
  const lines = order.flatMap((verdict) => rows.filter((row) => row.verdict === verdict).map(lineOf));
  const none = rows.filter(({ verdict }) => verdict === "none");
  return [
    "The DNS of the mail",
    ...failures.map((error) => `  ${"warning".padEnd(8)} ${error}`),
    ...lines,
    ...none.filter(({ note }) => note !== undefined).map(({ note }) => `  ${"".padEnd(8)} ${note}`),
    `  ${"not there".padEnd(8)} ${none
      .filter(({ note }) => note === undefined)
      .map(setName)
      .join(", ")}`,
  ].join("\n");
}

function lineOf({ verdict, name, type, holds, note, ttl }: ToldRow): string {
  const changes = verdict === "change" || verdict === "planned";
  const told = [shorten(holds), note ?? "", changes && ttl !== undefined ? `TTL ${ttl} s` : ""];
  return `  ${verdict.padEnd(8)} ${name} ${type}: ${told.filter((text) => text !== "").join("; ")}`;
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
