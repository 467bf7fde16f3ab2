import type { RecordSet } from "../dns-record-sets.ts";
import { connectNames, type DnsView, type SurveyRow, type SurveySubject } from "./survey.ts";
import { climb, tlsaPorts } from "./survey-questions.ts";

/** CAA (RFC 8659): whether the issuer may make certificates for the names, once new asks for them. */
export function issuerRows(subject: SurveySubject, view: DnsView): SurveyRow[] {
  const { issuer } = subject;
  if (issuer === undefined) return [];
  const sets = connectNames(subject, view)
    .filter((name) => view.addresses(name).length > 0)
    .map((name) => nearest(name, view));
  const found = new Map(sets.flatMap((set) => (set === undefined ? [] : [[set.name, set] as const])));
  return [...found.values()].map((set) => issuerRow(set, issuer));
}

function nearest(name: string, view: DnsView): RecordSet | undefined {
  return climb(name)
    .map((at) => view.set(view.alias(at) ?? at, "CAA"))
    .find((set) => set !== undefined && set.alias === undefined && set.data.length > 0);
}

function issuerRow({ name, data }: RecordSet, issuer: string): SurveyRow {
  const row = { name, type: "CAA" as const, holds: data.join(", ") };
  const issue = data.flatMap((text) => /^\d+ issue "([^"]*)"$/i.exec(text)?.[1] ?? []);
  const mine = issue.filter((value) => value.split(";")[0]?.trim().toLowerCase() === issuer);
  if (issue.length > 0 && mine.length === 0) {
    return { ...row, verdict: "change", note: `forbids ${issuer} to issue certificates` };
  }
  const isBound = mine.length > 0 && mine.every((value) => value.includes("accounturi"));
  if (isBound)
    return { ...row, verdict: "warning", note: "only one account may ask: new has to use the same" };
  return { ...row, verdict: "ok", note: `${issuer} may issue certificates` };
}

/** TLSA (RFC 6698, 7672): what pins old's key locks senders out once new shows another. */
export function pinRows(subject: SurveySubject, view: DnsView): SurveyRow[] {
  return connectNames(subject, view).flatMap((name) =>
    tlsaPorts.flatMap((port) => {
      const at = `_${port}._tcp.${name}`;
      const held = view.data(at, "TLSA");
      return held.length === 0 ? [] : [pinRow(at, held, subject)];
    }),
  );
}

function pinRow(name: string, held: readonly string[], { old, new: fresh }: SurveySubject): SurveyRow {
  const row = { name, type: "TLSA" as const, holds: held.map(shortPin).join(", ") };
  const pinsKeyOf = (keys: readonly string[]) => held.some((data) => keys.includes(data.split(" ")[3] ?? ""));
  const pinsIssuer = held.some((data) => /^[02] /.test(data));
  if (pinsKeyOf(fresh.keys)) return { ...row, verdict: "ok", note: "pins the key that new shows" };
  if (pinsIssuer)
    return { ...row, verdict: "warning", note: "pins an issuer: see that new's certificate is of it" };
  if (!pinsKeyOf(old.keys)) {
    const why = old.keys.length === 0 ? "old's key could not be seen" : "pins a key that old does not show";
    return { ...row, verdict: "warning", note: why };
  }
  return {
    ...row,
    verdict: "change",
    note: "pins old's key: take the key to new, or add a record for new's two TTLs before the switch",
  };
}

/** "3 1 1 0123456789abcdef…" */
function shortPin(data: string): string {
  return data.length > 24 ? `${data.slice(0, 22)}…` : data;
}
