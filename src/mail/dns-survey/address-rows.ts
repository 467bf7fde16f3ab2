import { isIPv6 } from "node:net";
import type { MailRecordType } from "../dns-record.ts";
import {
  connectNames,
  type DnsView,
  helperNames,
  mailHostsIn,
  type SurveyRow,
  type SurveySubject,
  serviceNames,
} from "./survey.ts";

/** A and AAAA of every name that somebody connects to: what leads to old has to lead to new. */
export function addressRows(subject: SurveySubject, view: DnsView): SurveyRow[] {
  const own = new Set([...subject.old.names, ...subject.new.names]);
  return connectNames(subject, view)
    .filter((name) => !own.has(name))
    .flatMap((name) => rowsOfName(name, subject, view));
}

function rowsOfName(name: string, subject: SurveySubject, view: DnsView): SurveyRow[] {
  const alias = view.alias(name);
  const isHelper = helperNames.some((helper) => name.startsWith(`${helper}.`));
  if (alias !== undefined) {
    const isOldsOwn = subject.old.names.includes(alias);
    const note = isOldsOwn
      ? "names old by its own name: let it lead to a name of new"
      : "goes where that leads";
    return [{ name, type: "CNAME", verdict: isOldsOwn ? "change" : "ok", holds: alias, note }];
  }
  const rows = (["A", "AAAA"] as const).map((type) => rowOfType(name, type, subject, view));
  const isThere = rows.some(({ verdict }) => verdict !== "none");
  if (isThere) return rows.filter(({ verdict, type }) => verdict !== "none" || type === "A");
  const [first] = rows;
  if (first === undefined || isHelper) return rows.slice(0, 1);
  return [{ ...first, verdict: "warning", note: "the name has no address at all" }];
}

function rowOfType(
  name: string,
  type: "A" | "AAAA",
  { old, new: fresh }: SurveySubject,
  view: DnsView,
): SurveyRow {
  const held = view.data(name, type);
  const wanted = fresh.addresses.filter((address) => isIPv6(address) === (type === "AAAA"));
  const row = (verdict: SurveyRow["verdict"], note?: string): SurveyRow => ({
    ...{ name, type, verdict, note },
    holds: held.join(", "),
  });
  if (held.length === 0) return row("none");
  if (!held.some((address) => old.addresses.includes(address))) {
    return row("ok", held.some((address) => wanted.includes(address)) ? "leads to new" : "leads elsewhere");
  }
  return row(
    "change",
    wanted.length === 0 ? "leads to old, and new has none: remove it" : `leads to old: ${wanted.join(", ")}`,
  );
}

/** The mail hosts of each domain. */
export function mailHostRows({ domains, old }: SurveySubject, view: DnsView): SurveyRow[] {
  return domains.map((domain) => {
    const hosts = mailHostsIn(view, domain);
    const row = { name: domain, type: "MX" as const, holds: hosts.join(", ") };
    const own = hosts.filter((host) => old.names.includes(host));
    if (own.length > 0) {
      return { ...row, verdict: "change", note: `names old by its own name (${own.join(", ")}): name new` };
    }
    if (hosts.length > 0) return { ...row, verdict: "ok", note: "goes where their addresses lead" };
    return { ...row, verdict: "warning", note: "the domain names no mail host" };
  });
}

/** The services that mail programs look for. */
export function serviceRows({ domains, old }: SurveySubject, view: DnsView): SurveyRow[] {
  return domains.flatMap((domain) =>
    serviceNames.map((service) => {
      const name = `${service}.${domain}`;
      const held = view.data(name, "SRV");
      const isOldsOwn = held.some((data) => old.names.includes(data.split(" ")[3] ?? ""));
      const row = { name, type: "SRV" as MailRecordType, holds: held.join(", ") };
      if (held.length === 0) return { ...row, verdict: "none" as const };
      if (isOldsOwn)
        return { ...row, verdict: "change" as const, note: "names old by its own name: name new" };
      return { ...row, verdict: "ok" as const, note: "goes where its target leads" };
    }),
  );
}
