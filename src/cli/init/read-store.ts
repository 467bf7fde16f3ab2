import { type DovecotSetting, dovecotSettings } from "../../mail/doveconf.ts";
import { inboxNamespace, inboxPath } from "../../mail/dovecot-namespace.ts";
import { settingsOf } from "../../mail/setting-lines.ts";
import type { MailStore, Users } from "./host-survey.ts";
import { type Answers, linesOf, wordsOf } from "./survey-answers.ts";

/** How Dovecot keeps mailboxes, by its settings and by where one of its users has his; undefined without Dovecot. */
export function readStore(answers: Answers): MailStore | undefined {
  const said = linesOf(answers, "doveconf");
  if (said.length === 0) return undefined;
  const text = [...said, ...ownSettings(answers)].join("\n");
  const settings = dovecotSettings(text);
  const { format, layout, separator } = inboxNamespace(text);
  const driver = format === "dbox" ? "sdbox" : format;
  const path = inboxPath(text);
  return {
    driver,
    layout: driver === "maildir" ? (layout === "fs" ? "fs" : "Maildir++") : undefined,
    // Without a location Dovecot looks what is there; Debian's own is mbox.
    separator: driver === "" ? "/" : separator,
    root: rootOf(path.startsWith("/") ? path : undefined, homePattern(settings, answers), answers),
    owner: valueIn(settings, "mail_uid"),
  };
}

/**
 * How qmail keeps mailboxes: in homes, whose directory is what all have in common, as deep below it. One that others use, too, is
 * none: a pass removes there on new what old has not.
 */
export function readQmailStore(answers: Answers): MailStore {
  const parents = linesOf(answers, "qmail-homes").map((line) => line.split("/"));
  const [first = []] = parents;
  const differs = first.findIndex((part, at) => parents.some((parent) => parent[at] !== part));
  const common = differs === -1 ? first : first.slice(0, differs);
  const isEven = parents.every((parent) => parent.length === first.length);
  const kept = { driver: "maildir", layout: "Maildir++", separator: ".", owner: undefined } as const;
  const root = common.join("/");
  if (!isEven || /^(|\/home|\/opt|\/srv|\/usr|\/var)$/.test(root)) return { ...kept, root: undefined };
  return { ...kept, root, homesDepth: first.length - common.length + 1 };
}

/** What the user database says of one user's mail stands in place of the settings. */
function ownSettings(answers: Answers): string[] {
  const own = userFields(answers);
  const names = { mail: "mail_location", mail_driver: "mail_driver", mail_path: "mail_path" };
  return Object.entries(names).flatMap(([field, setting]) => {
    const value = own.get(field);
    return value === undefined ? [] : [`${setting} = ${value}`];
  });
}

/** Whom Dovecot lists. */
export function readUsers(answers: Answers): Users {
  const lines = wordsOf(linesOf(answers, "users"));
  const count = Number(lines.find(([word]) => word === "count")?.[1] ?? 0);
  const domains = lines
    .filter(([word]) => word === "domain")
    .map(([, name = "", users]) => ({ name, count: Number(users) }))
    .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
  return { count, domains, one: userFields(answers).get("user") };
}

/** A setting that stands in no block, and says something. */
function valueIn(settings: readonly DovecotSetting[], wanted: string): string | undefined {
  const value = settings.find(({ blocks, name }) => blocks.length === 0 && name === wanted)?.value;
  return value === "" ? undefined : value;
}

/** Where homes lie, with Dovecot's variables in it: `/var/vmail/%d/%n`. */
function homePattern(settings: readonly DovecotSetting[], answers: Answers): string | undefined {
  const own = valueIn(settings, "mail_home");
  if (own !== undefined) return own;
  const fixed = settings.find(
    ({ blocks, name, value }) => blocks[0] === "userdb" && name === "args" && value.includes("home="),
  );
  if (fixed !== undefined) return /home=(\S+)/.exec(fixed.value)?.[1];
  const queries = settings
    .filter(({ blocks, name }) => blocks[0] === "userdb" && name === "query")
    .map(({ value }) => value);
  for (const line of linesOf(answers, "dovecot-sql")) {
    const query = settingsOf([line]).get("user_query");
    if (query !== undefined) queries.push(query);
  }
  return queries
    .map((query) => /'(\/[^']*)'\s+AS\s+["'`]?home/i.exec(query)?.[1])
    .find((home) => home !== undefined);
}

/** The directory above all users: of one user's home by his name, else of the pattern before its first variable. */
function rootOf(path: string | undefined, pattern: string | undefined, answers: Answers): string | undefined {
  const fields = userFields(answers);
  const home = path === undefined || path.includes("%") ? fields.get("home") : path;
  const [local = "", domain] = (fields.get("user") ?? "").split("@");
  if (home !== undefined && local !== "") {
    const parts = home.split("/");
    const at = parts.findIndex(
      (part) => part !== "" && (part === domain || part === local || part === `${local}@${domain}`),
    );
    if (at > 1) return parts.slice(0, at).join("/");
  }
  const told = path ?? pattern;
  if (!told?.startsWith("/") || !told.includes("%")) return undefined;
  const before = told.slice(0, told.indexOf("%"));
  return before.lastIndexOf("/") > 0 ? before.slice(0, before.lastIndexOf("/")) : undefined;
}

/** What Dovecot tells of one user: his name, home, uid, mail. */
function userFields(answers: Answers): ReadonlyMap<string, string> {
  return new Map(
    linesOf(answers, "user").map((line) => {
      const [, name = "", value = ""] = /^\s*(\S+)\s+(.*)$/.exec(line) ?? [];
      return [name, value] as const;
    }),
  );
}
