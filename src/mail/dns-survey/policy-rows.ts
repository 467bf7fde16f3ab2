import { dkimKey } from "../dns-mail-names.ts";
import type { DnsView, SurveyRow, SurveySubject } from "./survey.ts";

/** DMARC, and the reports about TLS: they stay as they are, unless they name old. */
export function policyRows({ domains, old }: SurveySubject, view: DnsView): SurveyRow[] {
  return domains.flatMap((domain) => {
    const dmarc = textRow(`_dmarc.${domain}`, /^v=DMARC1\b/i, old.names, view);
    const tls = textRow(`_smtp._tls.${domain}`, /^v=TLSRPTv1\b/i, old.names, view);
    const isMissing = dmarc.verdict === "none";
    return [
      isMissing
        ? { ...dmarc, verdict: "warning" as const, note: "large providers want a DMARC record" }
        : dmarc,
      tls,
    ];
  });
}

function textRow(name: string, wanted: RegExp, oldNames: readonly string[], view: DnsView): SurveyRow {
  const alias = view.alias(name);
  if (alias !== undefined) return { name, type: "TXT", verdict: "ok", holds: `alias of ${alias}` };
  const held = view.data(name, "TXT").filter((text) => wanted.test(text));
  const holds = held.join(" | ");
  if (held.length === 0) return { name, type: "TXT", verdict: "none", holds };
  const named = oldNames.find((old) => holds.toLowerCase().includes(old));
  if (named === undefined) return { name, type: "TXT", verdict: "ok", holds };
  return { name, type: "TXT", verdict: "change", holds, note: `names ${named}` };
}

/** The keys that mail is signed with: the record has to have the one that the server uses. */
export function dkimRows({ dkim }: SurveySubject, view: DnsView): SurveyRow[] {
  return dkim.map(({ name, key }) => {
    const alias = view.alias(name);
    const row = { name, type: "TXT" as const };
    if (alias !== undefined) return { ...row, verdict: "ok", holds: `alias of ${alias}` };
    const keys = view.data(name, "TXT").map(dkimKey);
    if (keys.includes(key)) return { ...row, verdict: "ok", holds: "the key that the server signs with" };
    const holds = keys.length === 0 ? "no DKIM key" : "another DKIM key";
    return { ...row, verdict: "warning", holds, note: "mail that is signed now can't be checked" };
  });
}

/** A policy file of MTA-STS (RFC 8461), or why there is none to be had. */
export interface StsPolicy {
  readonly domain: string;
  readonly text?: string | undefined;
  readonly error?: string | undefined;
}

/** MTA-STS: senders that know the policy deliver only to the hosts that it names. */
export function stsRows(
  { domains }: SurveySubject,
  view: DnsView,
  policies: readonly StsPolicy[],
  mailHosts: (domain: string) => readonly string[],
): SurveyRow[] {
  return domains.map((domain) => {
    const name = `_mta-sts.${domain}`;
    const alias = view.alias(name);
    const held = view.data(name, "TXT").filter((text) => /^v=STSv1\b/i.test(text));
    const row = {
      name,
      type: "TXT" as const,
      holds: alias === undefined ? held.join(" | ") : `alias of ${alias}`,
    };
    if (held.length === 0 && alias === undefined) return { ...row, verdict: "none" };
    const policy = policies.find((each) => each.domain === domain);
    if (policy?.text === undefined) {
      return {
        ...row,
        verdict: "warning",
        note: `its policy can't be had: ${policy?.error ?? "not asked for"}`,
      };
    }
    return { ...row, ...judgePolicy(policy.text, mailHosts(domain)) };
  });
}

function judgePolicy(text: string, hosts: readonly string[]): Pick<SurveyRow, "verdict" | "note"> {
  const lines = text.split(/\r?\n/).map((line) => /^\s*([a-z_]+)\s*:\s*(\S+)\s*$/.exec(line));
  const of = (word: string) => lines.flatMap((line) => (line?.[1] === word ? (line[2] ?? []) : []));
  const patterns = of("mx").map((pattern) => pattern.toLowerCase());
  const [mode = "none"] = of("mode");
  const missing = hosts.filter((host) => !patterns.some((pattern) => fits(host, pattern)));
  const told = `policy: mode ${mode}, ${patterns.join(" ")}, for ${of("max_age")[0] ?? "?"} s`;
  if (missing.length === 0 || mode === "none") return { verdict: "ok", note: told };
  return { verdict: "warning", note: `${told}; it does not name ${missing.join(", ")}` };
}

/** `*.example.org` stands for one label. */
function fits(host: string, pattern: string): boolean {
  if (!pattern.startsWith("*.")) return host === pattern;
  return host.slice(host.indexOf(".") + 1) === pattern.slice(2);
}
