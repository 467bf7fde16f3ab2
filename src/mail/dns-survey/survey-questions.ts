import { type DnsQuestion, questionFor } from "../dns-record.ts";
import { connectNames, type DnsView, helperNames, type SurveySubject, serviceNames } from "./survey.ts";

/** Ports at which other servers and mail programs look for TLSA records. */
export const tlsaPorts: readonly number[] = [25, 465, 587, 993];

/** All that has to be asked, as far as the answers so far tell: asked again with more answers, it may want more. */
export function surveyQuestions(subject: SurveySubject, view: DnsView): DnsQuestion[] {
  const names = withAliases([...connectNames(subject, view), ...pointerNames(subject, view)], view);
  return [
    ...subject.domains.flatMap(domainQuestions),
    ...subject.dkim.map(({ name }) => questionFor(name, "TXT")),
    ...names.flatMap((name) => [questionFor(name, "A"), questionFor(name, "AAAA")]),
    ...[...subject.new.addresses, ...subject.old.addresses].flatMap((address) =>
      pointerQuestions(address, view),
    ),
    // What nobody has set up has no certificate either.
    ...connectNames(subject, view)
      .filter((name) => view.addresses(name).length > 0)
      .flatMap((name) => certificateQuestions(subject, name)),
  ];
}

function domainQuestions(domain: string): DnsQuestion[] {
  const texts = [domain, `_dmarc.${domain}`, `_mta-sts.${domain}`, `_smtp._tls.${domain}`];
  return [
    questionFor(domain, "MX"),
    ...texts.map((name) => questionFor(name, "TXT")),
    ...serviceNames.map((service) => questionFor(`${service}.${domain}`, "SRV")),
  ];
}

function certificateQuestions({ issuer }: SurveySubject, name: string): DnsQuestion[] {
  const isHelper = helperNames.some((helper) => name.startsWith(`${helper}.`));
  return [
    ...(issuer === undefined ? [] : climb(name).map((at) => questionFor(at, "CAA"))),
    ...(isHelper ? [] : tlsaPorts.map((port) => questionFor(`_${port}._tcp.${name}`, "TLSA"))),
  ];
}

/** A name and those above it that belong to somebody: where CAA is looked for (RFC 8659, 3). */
export function climb(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(0, -1).map((_label, index) => labels.slice(index).join("."));
}

/** The names that addresses lead back to. */
function pointerNames({ old, new: fresh }: SurveySubject, view: DnsView): string[] {
  return [...old.addresses, ...fresh.addresses].flatMap((address) => pointersOf(address, view));
}

/** What the PTR records of an address hold. Where a provider has parted a network, the name is an alias (RFC 2317). */
export function pointersOf(address: string, view: DnsView): readonly string[] {
  const { name, type } = questionFor(address, "PTR");
  return view.data(view.alias(name) ?? name, type);
}

function pointerQuestions(address: string, view: DnsView): DnsQuestion[] {
  const first = questionFor(address, "PTR");
  const alias = view.alias(first.name);
  return alias === undefined ? [first] : [first, questionFor(alias, "PTR")];
}

function withAliases(names: readonly string[], view: DnsView): string[] {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const next = view.alias(name);
    if (next !== undefined) add(next);
  };
  for (const name of names) add(name);
  // SPF speaks of hosts, too.
  for (const name of spfHosts(view)) add(name);
  return [...found];
}

/** The hosts that SPF records name by `a:` and `mx:`. */
function spfHosts(view: DnsView): string[] {
  return view
    .sets()
    .filter(({ type }) => type === "TXT")
    .flatMap(({ data }) => data.filter((text) => /^v=spf1( |$)/i.test(text)))
    .flatMap((text) =>
      [...text.matchAll(/(?:^| )[+~?-]?a:([^\s/%]+)/gi)].map(([, host = ""]) => host.toLowerCase()),
    );
}
