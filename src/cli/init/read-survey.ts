import { isIPv6 } from "node:net";
import type { HostFacts } from "../../contract/host.ts";
import { settingsOf } from "../../mail/setting-lines.ts";
import type { Certificate, DkimKeys, HostSurvey, MailStore, Program } from "./host-survey.ts";
import type { Counts } from "./read-counts.ts";
import { readDatabases } from "./read-databases.ts";
import { readQmailStore, readStore, readUsers } from "./read-store.ts";
import { type Answers, blocksOf, linesOf, wordsOf } from "./survey-answers.ts";

/** The facts that a survey takes up. */
export type SurveyFacts = Pick<
  HostFacts,
  "fqdn" | "distribution" | "distribution_version" | "versions" | "all_ipv4_addresses" | "all_ipv6_addresses"
>;

/** What a survey is read from. */
export interface SurveySources {
  readonly facts: SurveyFacts;
  readonly answers: Answers;
  /** The addresses that its name leads to, as this machine sees it. */
  readonly knownAs: readonly string[];
  /** undefined as long as its mail root was not walked through. */
  readonly counts?: Counts | undefined;
}

/** Puts together what a host answered. */
export function readSurvey(name: string, { facts, answers, knownAs, counts }: SurveySources): HostSurvey {
  const qmail = readQmail(answers);
  const chatmail = linesOf(answers, "chatmail");
  const packages = new Map(
    wordsOf(linesOf(answers, "packages")).map(([name = "", version = ""]) => [name, plain(version)]),
  );
  const users = readUsers(answers);
  const mta = mtaOf(answers, facts, packages, qmail !== undefined);
  return {
    name,
    fqdn: facts.fqdn,
    distribution: facts.distribution,
    version: facts.distribution_version,
    addresses: addressesOf(knownAs, facts),
    mta,
    imap: imapOf(answers, facts, packages),
    store: storeOf(readStore(answers), answers, counts),
    users,
    mailDomains: domainsOf(
      answers,
      users.domains.map((domain) => domain.name),
      mta?.name === "qmail" ? qmail : undefined,
    ),
    contents: counts,
    databases: readDatabases(answers),
    filters: filtersOf(facts, packages),
    redis: linesOf(answers, "redis").flatMap((line) => {
      const [, number, keys] = /^db(\d+):keys=(\d+)/.exec(line) ?? [];
      return number === undefined ? [] : [{ number: Number(number), keys: Number(keys) }];
    }),
    dkim: dkimOf(answers),
    certificates: certificatesOf(answers),
    chatmail: chatmail.length === 0 ? undefined : settingsOf(chatmail),
    qmail,
    units: linesOf(answers, "units"),
    ports: wordsOf(linesOf(answers, "listening")).map(([port]) => Number(port)),
  };
}

/** Its own addresses; behind a NAT those that its name leads to stand in for the private ones. */
function addressesOf(knownAs: readonly string[], facts: SurveyFacts): string[] {
  const own = [
    ...facts.all_ipv4_addresses,
    ...facts.all_ipv6_addresses.filter((address) => !/^fe80:/i.test(address)),
  ];
  const isTranslated = knownAs.some((address) => address.includes(".") && !own.includes(address));
  const kept = isTranslated ? own.filter((address) => address.includes(":")) : own;
  const all = [...new Set([...knownAs, ...kept])];
  return [...all.filter((address) => !isIPv6(address)), ...all.filter(isIPv6)];
}

type Versions = ReadonlyMap<string, string>;

/** "1:2.3.13+dfsg1-2" without what Debian puts before and behind it. */
function plain(version: string): string {
  return version.replace(/^\d+:/, "").replace(/[-+~].*$/, "");
}

/** Of several that are installed the one that runs: qmail is no package in whose place Debian's Postfix would go. */
function mtaOf(
  answers: Answers,
  { versions }: SurveyFacts,
  packages: Versions,
  isQmail: boolean,
): Program | undefined {
  const installed: readonly Program[] = [
    ...(linesOf(answers, "postconf").length > 0 ? [{ name: "Postfix", version: versions.postfix }] : []),
    ...(isQmail ? [{ name: "qmail", version: undefined }] : []),
    ...packaged(packages, {
      Exim: /^exim4-daemon-/,
      OpenSMTPD: /^opensmtpd$/,
      Sendmail: /^sendmail-bin$/,
      Courier: /^courier-mta$/,
    }),
  ];
  const running = linesOf(answers, "running");
  return installed.find(({ name }) => running.includes(name)) ?? installed[0];
}

function imapOf(answers: Answers, { versions }: SurveyFacts, packages: Versions): Program | undefined {
  if (linesOf(answers, "doveconf").length > 0) return { name: "Dovecot", version: versions.dovecot };
  return packaged(packages, { Courier: /^courier-imap$/, Cyrus: /^cyrus-imapd$/ })[0];
}

function filtersOf({ versions }: SurveyFacts, packages: Versions): Program[] {
  const names = { SpamAssassin: /^spamassassin$/, Amavis: /^amavisd-new$/, OpenDKIM: /^opendkim$/ };
  return [
    ...(versions.rspamd === undefined ? [] : [{ name: "Rspamd", version: versions.rspamd }]),
    ...packaged(packages, names),
  ];
}

function packaged(packages: Versions, names: Readonly<Record<string, RegExp>>): Program[] {
  return Object.entries(names).flatMap(([name, pattern]) => {
    const found = [...packages].find(([packageName]) => pattern.test(packageName));
    return found === undefined ? [] : [{ name, version: found[1] }];
  });
}

/** What lies on the disk counts more than what settings say: a layout gives itself away, and so does the owner. */
function storeOf(
  store: MailStore | undefined,
  answers: Answers,
  counts: Counts | undefined,
): MailStore | undefined {
  const chatmail = settingsOf(linesOf(answers, "chatmail")).get("mailboxes_dir");
  const found = store ?? (readQmail(answers) && readQmailStore(answers));
  if (found === undefined) return undefined;
  const root = found.root ?? chatmail?.replace(/\/[^/]*$/, "");
  if (counts === undefined) return { ...found, root };
  const isNested = found.layout !== undefined && counts.nested > 0 && counts.dotted === 0;
  const owner = found.homesDepth === undefined ? (counts.owner ?? found.owner) : undefined;
  return { ...found, root, layout: isNested ? "fs" : found.layout, owner };
}

function domainsOf(
  answers: Answers,
  ofUsers: readonly string[],
  qmail: ReadonlyMap<string, readonly string[]> | undefined,
): string[] {
  // What a mail server that does not run would take is no mail of this host.
  const postconf = settingsOf(qmail === undefined ? linesOf(answers, "postconf") : []);
  const host = postconf.get("myhostname");
  const listed = (name: string) => (postconf.get(name) ?? "").split(/[\s,]+/);
  const ofExim = settingsOf(linesOf(answers, "exim")).get("dc_other_hostnames") ?? "";
  const all = [
    ...["mariadb", "postgresql", "sqlite"].flatMap((kind) => linesOf(answers, `${kind}-domains`)),
    ...ofUsers,
    ...[settingsOf(linesOf(answers, "chatmail")).get("mail_domain") ?? ""],
    ...listed("virtual_mailbox_domains"),
    ...listed("mydestination").filter((name) => name !== host),
    ...(qmail?.get("rcpthosts") ?? []),
    ...(qmail?.get("locals") ?? []),
    ...ofExim.replaceAll("'", "").split(":"),
  ];
  return [...new Set(all.map((name) => name.trim().toLowerCase()).filter(isDomain))];
}

/** No table (`mysql:…`), no name of the machine itself, no pattern. */
function isDomain(name: string): boolean {
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(name) && !/^localhost\./.test(name) && !/^[\d.]+$/.test(name);
}

function dkimOf(answers: Answers): DkimKeys | undefined {
  const keys = linesOf(answers, "rspamd-keys").length;
  const settings = linesOf(answers, "rspamd").map((line) => line.replace(/[";]/g, ""));
  const path = settingsOf(settings.filter((line) => line.includes("$domain"))).get("path");
  if (path !== undefined || keys > 0) {
    const directory = path?.replace(/\/[^/]*$/, "") ?? "/var/lib/rspamd/dkim";
    return { signer: "Rspamd", directory, map: settingsOf(settings).get("selector_map"), keys };
  }
  const table = wordsOf(linesOf(answers, "opendkim")).find(([word]) => word === "KeyTable")?.[1];
  const own = linesOf(answers, "opendkim-keys").length;
  return own === 0
    ? undefined
    : { signer: "OpenDKIM", directory: "/etc/dkimkeys", map: table?.replace(/^\w+:/, ""), keys: own };
}

/** A certificate alone and the one with its chain are one. */
function certificatesOf(answers: Answers): Certificate[] {
  const all = blocksOf(linesOf(answers, "certificates")).map(({ head, body }) => {
    const ends = Date.parse(body.find((line) => line.startsWith("ends "))?.slice("ends ".length) ?? "");
    return {
      file: head.replace(/^file /, ""),
      names: body.filter((line) => line.startsWith("name ")).map((line) => line.slice("name ".length)),
      ends: Number.isNaN(ends) ? undefined : new Date(ends).toISOString().slice(0, 10),
    };
  });
  const same = (one: Certificate, other: Certificate) =>
    one.ends === other.ends && one.names.join() === other.names.join();
  return all.filter((one, index) => all.findIndex((other) => same(one, other)) === index);
}

function readQmail(answers: Answers): ReadonlyMap<string, readonly string[]> | undefined {
  const blocks = blocksOf(linesOf(answers, "qmail"));
  if (!blocks.some(({ head }) => head === "file me")) return undefined;
  return new Map(
    blocks.map(({ head, body }) => [head.replace(/^(file|there) /, ""), body.filter((line) => line !== "")]),
  );
}
