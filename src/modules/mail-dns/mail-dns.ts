import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { type LookContext, lookingModule } from "../../contract/module.ts";
import { plainData, plainName } from "../../mail/dns-record.ts";
import { addressRows, mailHostRows, serviceRows } from "../../mail/dns-survey/address-rows.ts";
import { issuerRows, pinRows } from "../../mail/dns-survey/certificate-rows.ts";
import { pointerRows } from "../../mail/dns-survey/pointer-rows.ts";
import { dkimRows, policyRows, stsRows } from "../../mail/dns-survey/policy-rows.ts";
import { spfRows } from "../../mail/dns-survey/spf-rows.ts";
import {
  type DnsView,
  mailHostsIn,
  type SurveyRow,
  type SurveySubject,
} from "../../mail/dns-survey/survey.ts";
import { askResolvers, type BehindSet } from "../dns/ask-resolvers.ts";
import { entryPoints, ZoneFinder } from "../dns/authority.ts";
import type { AskOptions, DnsServer } from "../dns/exchange.ts";
import { type MailDnsArgs, mailDnsArguments } from "./arguments.ts";
import { askSurvey } from "./ask-survey.ts";
import { blockListRows } from "./block-lists.ts";
import { readPolicies } from "./sts-policies.ts";
import { type ToldRow, tableOf, toldRow } from "./table.ts";

/** Shows what the DNS holds of a mail server, and what has to change when it moves. */
export const mailDns = lookingModule<MailDnsArgs>({
  name: "mail_dns",
  description:
    "Asks every authoritative name server for all that leads to a mail server (MX, A, AAAA, SPF, DKIM, DMARC, PTR, CAA, MTA-STS with its policy, TLS reports, autoconfig and autodiscover, SRV, TLSA), resolvers for what they know, and block lists for new's addresses; says in one table what each holds and what has to change at the switch. Only looks, and never fails for what it finds. Registers `rows`, `changes` (none of which is `planned`), `planned`, `warnings` and `failures`.",
  args: mailDnsArguments,

  async look(args, host, context) {
    const options = { timeoutMs: (args.timeout ?? 3) * 1000, signal: context.signal };
    const finder = new ZoneFinder({ ...options, entryPoints: entryPoints(args.server, args.port) });
    const subject = subjectOf(args);
    const { view, failures: silent } = await askSurvey(subject, finder, options);
    const held = view.sets().filter(({ data }) => data.length > 0);
    const caches = await askResolvers(held, resolversOf(args, []), options);
    // One for all that a resolver was asked for.
    const failures = [...new Set([...silent, ...caches.failures.map(({ error }) => error)])];
    const rows = uniqueRows([
      ...(await recordRows(subject, view, args, host, context)),
      ...disagreementRows(view),
      ...caches.behind.map(behindRow),
      ...(await blockRows(args, options)),
    ]).map((row) => toldRow(row, view, args));
    const of = (verdict: ToldRow["verdict"]) => rows.filter((row) => row.verdict === verdict);
    return {
      message: tableOf(rows, failures),
      result: {
        rows: rows.map((row): JsonObject => ({ ...row, note: row.note ?? null, ttl: row.ttl ?? null })),
        changes: of("change").length,
        planned: of("planned").length,
        warnings: of("warning").length + failures.length,
        failures,
      },
    };
  },
});

function subjectOf(args: MailDnsArgs): SurveySubject {
  const names = (list: readonly string[] = []) => list.map(plainName);
  const addresses = (list: readonly string[]) => list.map((text) => plainData("AAAA", text));
  const keys = (list: readonly string[] = []) => list.map((key) => key.toLowerCase());
  const { old_names, new_names, old_keys, new_keys, old_addresses, new_addresses, dkim = [] } = args;
  return {
    domains: names(args.domains),
    names: names(args.names),
    dkim: dkim.map(({ name, key }) => ({ name: plainName(name), key })),
    old: { addresses: addresses(old_addresses), names: names(old_names), keys: keys(old_keys) },
    new: { addresses: addresses(new_addresses), names: names(new_names), keys: keys(new_keys) },
    issuer: args.issuer?.toLowerCase(),
  };
}

async function recordRows(
  subject: SurveySubject,
  view: DnsView,
  { ca_path }: MailDnsArgs,
  host: HostReader,
  { signal }: LookContext,
): Promise<SurveyRow[]> {
  const policies = await readPolicies(subject.domains, view, host, signal, ca_path);
  return [
    ...mailHostRows(subject, view),
    ...addressRows(subject, view),
    ...spfRows(subject, view),
    ...dkimRows(subject, view),
    ...policyRows(subject, view),
    ...stsRows(subject, view, policies, (domain) => mailHostsIn(view, domain)),
    ...serviceRows(subject, view),
    ...pointerRows(subject, view),
    ...issuerRows(subject, view),
    ...pinRows(subject, view),
  ];
}

function disagreementRows(view: DnsView): SurveyRow[] {
  return view
    .sets()
    .filter(({ agreed }) => !agreed)
    .map(({ name, type, byServer }) => ({
      ...{ name, type, verdict: "warning" },
      holds: Object.entries(byServer)
        .map(([server, data]) => `${data.join(", ") || "nothing"} on ${server}`)
        .join("; "),
      note: "the name servers disagree",
    }));
}

function behindRow({ name, type, data, server, until }: BehindSet): SurveyRow {
  const note = `so resolver ${server} knows it until ${until}`;
  return { name, type, verdict: "warning", holds: data.join(", "), note };
}

function blockRows(args: MailDnsArgs, options: AskOptions): Promise<SurveyRow[]> {
  const asked = resolversOf(args, entryPoints(args.server, args.port));
  return blockListRows(args.new_addresses, args.blocklists ?? [], asked, options);
}

function resolversOf({ resolvers = [], port = 53 }: MailDnsArgs, otherwise: DnsServer[]): DnsServer[] {
  return resolvers.length === 0 ? otherwise : resolvers.map((address) => ({ address, port }));
}

function uniqueRows(rows: readonly SurveyRow[]): SurveyRow[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}
