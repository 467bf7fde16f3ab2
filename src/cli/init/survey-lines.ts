import { formatBytes, formatCount } from "../../report/format.ts";
import type { Line } from "../../report/line.ts";
import { entryLine } from "../state-lines.ts";
import type { Certificate, HostSurvey, MailStore, Program } from "./host-survey.ts";
import type { Fit } from "./playbook-fit.ts";
import { isMailserver, isRoundcube } from "./read-databases.ts";

/** What was found on one host. */
export function surveyLines(side: "old" | "new", survey: HostSurvey): Line[] {
  const { addresses, distribution, version, mta, imap, filters, certificates } = survey;
  const system = [distribution, version].filter((word) => word !== "").join(" ");
  return [
    { tone: "strong", text: `${side}: ${survey.name}` },
    entryLine("system", [system === "" ? "unknown" : system, ...addresses].join(", ")),
    entryLine("mail by", named(mta)),
    entryLine("read by", named(imap)),
    entryLine("mailboxes", describeStore(survey.store)),
    ...usersLine(survey),
    ...contentsLine(survey),
    entryLine("databases", listed(describeDatabases(survey))),
    entryLine("filters", listed([...filters.map(named), ...describeFilterData(survey)])),
    ...certificates.map((certificate) => entryLine("tls", describeCertificate(certificate))),
  ];
}

/** Which playbook fits, and why; or what is in the way of each, and whether one was composed. */
export function fitLines(fit: Fit, isComposed: boolean): Line[] {
  if (fit.playbook !== undefined) {
    return [
      { tone: "ok", text: `The playbook ${fit.playbook} fits:` },
      ...fit.because.map((reason) => ({ tone: "plain" as const, text: `  ${reason}` })),
      ...fit.otherwise.map(({ playbook, aim }) => ({
        tone: "plain" as const,
        text: `With the same inventory, ${playbook} fits to ${aim}.`,
      })),
    ];
  }
  return [
    {
      tone: "warning",
      text: "No playbook that comes with Mailferry fits. What each of them wants and is not so:",
    },
    ...fit.missing.map(({ playbook, wants }) => ({
      tone: "plain" as const,
      text: `  ${playbook}: ${wants.join("; ")}`,
    })),
    isComposed
      ? {
          tone: "ok",
          text: "playbook.yml is composed of the roles that fit. Bring the accounts to new first.",
        }
      : {
          tone: "plain",
          text: "No roles are there for these two servers: docs/writing-a-role.md tells how to write some.",
        },
  ];
}

/** "Maildir++ below /var/vmail, separator ".", owned by vmail" */
export function describeStore(store: MailStore | undefined): string {
  if (store === undefined) return "not found";
  const format =
    store.driver === "maildir"
      ? store.layout === "fs"
        ? "Maildir with LAYOUT=fs"
        : "Maildir++"
      : store.driver;
  const owner = store.owner === undefined ? "" : `, owned by ${store.owner}`;
  return `${format} below ${store.root ?? "no common directory"}, separator "${store.separator}"${owner}`;
}

function named(program: Program | undefined): string {
  if (program === undefined) return "nothing that is known";
  return program.version === undefined ? program.name : `${program.name} ${program.version}`;
}

function listed(words: readonly string[]): string {
  return words.length === 0 ? "none" : words.join(", ");
}

/** So many domains are named. */
const namedDomains = 10;

function usersLine({ users, mailDomains }: HostSurvey): Line[] {
  const domains = users.domains
    .slice(0, namedDomains)
    .map(({ name, count }) => `${name} (${formatCount(count)})`);
  const more = users.domains.length > namedDomains ? [`and ${users.domains.length - namedDomains} more`] : [];
  const others = mailDomains.filter((name) => !users.domains.some((domain) => domain.name === name));
  return [
    entryLine("users", [formatCount(users.count), ...domains, ...more].join(", ")),
    ...(others.length === 0
      ? []
      : [entryLine("", `and no users in ${others.slice(0, namedDomains).join(", ")}`)]),
  ];
}

function contentsLine({ contents }: HostSurvey): Line[] {
  if (contents === undefined) return [];
  const { messages, folders, bytes, isWhole, freeBytes } = contents;
  const atLeast = isWhole ? "" : "at least ";
  const held = `${atLeast}${formatCount(messages)} messages in ${formatCount(folders)} folders, ${formatBytes(bytes)}`;
  return [entryLine("holds", `${held}; ${formatBytes(freeBytes)} free`)];
}

function describeDatabases({ databases }: HostSurvey): string[] {
  return databases.map((database) => {
    const use = isMailserver(database)
      ? " (domains, users, aliases)"
      : isRoundcube(database)
        ? " (Roundcube)"
        : "";
    return `${database.kind} ${database.name}${use}`;
  });
}

function describeFilterData({ redis, dkim }: HostSurvey): string[] {
  const keys = redis.map(
    (database) => `${formatCount(database.keys)} keys in Redis' database ${database.number}`,
  );
  return dkim === undefined
    ? keys
    : [...keys, `${dkim.keys} DKIM keys of ${dkim.signer} in ${dkim.directory}`];
}

function describeCertificate({ file, names, ends }: Certificate): string {
  return `${names.join(" ")}; ends ${ends ?? "nobody knows when"}; ${file}`;
}
