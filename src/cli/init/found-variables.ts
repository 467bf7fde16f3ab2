import type { Json } from "../../contract/json.ts";
import { dnsVariables } from "./dns-variables.ts";
import { type FoundVariable, known, type NameAddresses, type VariableGroup } from "./found-variable.ts";
import type { HostSurvey } from "./host-survey.ts";
import type { SurveyedPair } from "./playbook-fit.ts";
import { isMailserver, isRoundcube } from "./read-databases.ts";

/** All variables of roles whose values were found on the two hosts. Host names and paths that are not plain stay out. */
export function foundVariables(pair: SurveyedPair, leadsTo: NameAddresses): VariableGroup[] {
  const groups = [
    { heading: "What moves", variables: mailVariables(pair.old) },
    { heading: "qmail", variables: qmailVariables(pair) },
    { heading: "Databases", variables: databaseVariables(pair) },
    { heading: "Filters and keys", variables: filterVariables(pair.old) },
    {
      heading: "DNS. `manual` tells you what to change, and waits until it is visible",
      variables: dnsVariables(pair, leadsTo),
    },
    { heading: "What is looked at", variables: lookedAtVariables(pair, leadsTo) },
  ];
  return groups
    .map(({ heading, variables }) => ({
      heading,
      variables: variables.filter(({ value }) => isPlain(value) && !isEmptyList(value)),
    }))
    .filter(({ variables }) => variables.length > 0);
}

/** The names that users connect to: those of old's certificates, but for the hosts' own. */
export function serverNames(pair: SurveyedPair): string[] {
  return notHosts(
    pair.old.certificates.flatMap((certificate) => certificate.names),
    pair,
  );
}

/** The names that may lead to old, and shall lead to new: users' and those that mail comes by (`exchangers`). */
export function movedNames(pair: SurveyedPair, exchangers: readonly string[]): string[] {
  return notHosts([...serverNames(pair), ...exchangers], pair);
}

/** Plain names, each once, without the hosts' own. */
function notHosts(names: readonly string[], { old, new: fresh }: SurveyedPair): string[] {
  const hosts = [old, fresh].flatMap(({ name, fqdn }) => [name, fqdn]);
  const others = new Set(names.filter((name) => !hosts.includes(name)));
  return [...others].filter((name) => /^[a-z0-9.-]+$/i.test(name)).sort();
}

/** A template in a value would be rendered when the inventory is read: what a host told is never one. */
function isPlain(value: Json): boolean {
  const text = JSON.stringify(value);
  return !text.includes("{{") && !/\\[nrtu]/.test(text);
}

function isEmptyList(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}

function mailVariables({ store, mailDomains, units }: HostSurvey): FoundVariable[] {
  const extra = units.filter((unit) =>
    /^(fetchmail|getmail|mbsync|offlineimap|mailman3?)\b.*\.(service|timer)$/.test(unit),
  );
  return [
    {
      name: "mail_domains",
      value: mailDomains,
      says: "The domains that old takes mail for. Take out those that stay.",
    },
    ...known("vmail_directory", store?.root, "The directory of all mailboxes."),
    ...known("vmail_user", store?.owner, "Who owns the mail."),
    ...(extra.length === 0
      ? []
      : [
          {
            name: "freeze_extra_services",
            value: extra,
            says: "Other services of old that write mail: stopped in the downtime.",
          },
        ]),
  ];
}

function qmailVariables({ old, new: fresh }: SurveyedPair): FoundVariable[] {
  if (old.mta?.name !== "qmail") return [];
  const { store } = old;
  const [domain] = old.mailDomains;
  const names = ({ qmail }: HostSurvey) => qmail?.get("me")?.slice(0, 1) ?? [];
  return [
    ...known("qmail_homes_depth", store?.homesDepth, "How deep homes lie below vmail_directory."),
    {
      name: "qmail_old_names",
      value: names(old).filter((name) => !old.mailDomains.includes(name)),
      says: "Names of old itself whose mail goes to new, too: its control/me. Add a short one that stands in its locals.",
    },
    { name: "qmail_new_names", value: names(fresh), says: "Names of new that old takes mail for, too." },
    ...(domain === undefined
      ? []
      : [
          {
            name: "smoke_address",
            value: `postmaster@${domain}`,
            says: "An address of old. A test mail goes to it after the opening, and has to arrive in this Maildir.",
            isSuggestion: true,
          },
        ]),
    {
      name: "smoke_maildir",
      value: `${store?.root ?? "/home"}/USER/Maildir`,
      says: "Where that address's mail is delivered on new.",
      isSuggestion: true,
    },
  ];
}

function databaseVariables({ old, new: fresh }: SurveyedPair): FoundVariable[] {
  const own = old.databases.find(isMailserver);
  if (own === undefined)
    return [
      { name: "preflight_database", value: false, says: "There is no database with domains and users." },
    ];
  const ofNew = fresh.databases.find((one) => one.kind === own.kind && isMailserver(one));
  if (ofNew === undefined && fresh.databases.some(isMailserver)) {
    const says = `Old's domains and users are in ${own.kind}, new's are not: they are yours to bring.`;
    return [{ name: "preflight_database", value: false, says }];
  }
  const roundcube = old.databases.find(isRoundcube);
  const kind = {
    name: "database_kind",
    value: own.kind.toLowerCase(),
    says: "What keeps domains, users and aliases: mariadb, postgresql or sqlite.",
  };
  if (own.kind === "SQLite")
    return [
      kind,
      ...known("database_path", ofNew?.name, "The database's file on new."),
      ...known("database_from_path", own.name, "Its file on old."),
    ];
  return [
    kind,
    ...known("database_name", own.name, "The database of domains, users and aliases."),
    ...known("database_roundcube_name", roundcube?.name, "Roundcube's."),
  ];
}

function filterVariables({ certificates, dkim, filters, redis }: HostSurvey): FoundVariable[] {
  const letsencrypt = certificates.some(({ file }) => file.startsWith("/etc/letsencrypt/"));
  const own = dkim?.signer === "Rspamd" ? dkim : undefined;
  // Several numbers leave it to the person which of them is Rspamd's.
  const bayes =
    filters.some(({ name }) => name === "Rspamd") && redis.length === 1 ? redis[0]?.number : undefined;
  return [
    ...(letsencrypt ? known("certs_directory", "/etc/letsencrypt", "Where the certificates are.") : []),
    ...known("dkim_directory", own?.directory, "Where the DKIM keys are."),
    ...known("dkim_map", own?.map, "The file that says which key signs for which domain."),
    ...known("rspamd_redis_database", bayes, "The Redis database of what the filter has learned."),
  ];
}

/** What a mail server is reached at. */
const mailPorts = [25, 465, 587, 110, 143, 993, 995, 4190];

function lookedAtVariables(pair: SurveyedPair, leadsTo: NameAddresses): FoundVariable[] {
  const { old, new: fresh } = pair;
  const names = serverNames(pair);
  const ports = mailPorts.filter((port) => old.ports.includes(port));
  // The first certificate is the one that Postfix or Dovecot shows.
  const [shown] = old.certificates;
  const ofShown = names.filter((one) => shown?.names.includes(one));
  const byCertificate = ofShown.find((one) => shown?.file.includes(`/${one}/`)) ?? ofShown[0] ?? names[0];
  const byMail = [...leadsTo.keys()].find((one) =>
    leadsTo.get(one)?.some((to) => old.addresses.includes(to)),
  );
  const name = byCertificate ?? byMail ?? old.fqdn;
  return [
    {
      name: "preflight_old_addresses",
      value: old.addresses,
      says: "Old's addresses as the world reaches it.",
    },
    {
      name: "preflight_new_addresses",
      value: fresh.addresses,
      says: "New's addresses as the world reaches it.",
    },
    {
      name: "relay_from",
      value: old.addresses,
      says: "Old's addresses as new sees them: they are trusted while old relays.",
    },
    {
      name: "relay_drain_from",
      value: fresh.addresses,
      says: "New's addresses as old sees them: they are trusted while new's queue is handed over on a way back.",
    },
    {
      name: "preflight_server_names",
      value: names,
      says: "Names that users connect to, by old's certificates.",
    },
    { name: "preflight_ports", value: ports, says: "Ports that old serves, and new must." },
    ...known(
      "smoke_address",
      old.users.one,
      "An address of old. A test mail goes to it after the opening: better take one of your own.",
    ),
    {
      name: "smoke_server_name",
      value: name,
      says: "The name that users connect to. Its certificate is looked at.",
    },
  ];
}
