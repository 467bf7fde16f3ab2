import { type DovecotSetting, dovecotSettings } from "../../mail/doveconf.ts";
import { settingsOf } from "../../mail/setting-lines.ts";
import type { MailStore, Users } from "./host-survey.ts";
import { type Answers, linesOf, wordsOf } from "./survey-answers.ts";

/** How Dovecot keeps mailboxes, by its settings and by where one of its users has his; undefined without Dovecot. */
export function readStore(answers: Answers): MailStore | undefined {
  const settings = dovecotSettings(linesOf(answers, "doveconf").join("\n"));
  if (settings.length === 0) return undefined;
  const { driver, path, layout } = locationOf(settings, answers);
  const home = homePattern(settings, answers);
  return {
    driver,
    layout: driver === "maildir" ? (layout === "fs" ? "fs" : "Maildir++") : undefined,
    separator: separatorOf(settings) ?? (driver === "maildir" && layout !== "fs" ? "." : "/"),
    root: rootOf(path.startsWith("/") ? path : undefined, home, answers),
    owner: valueIn(settings, "mail_uid"),
  };
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

interface Location {
  readonly driver: string;
  readonly path: string;
  readonly layout: string | undefined;
}

/** 2.4 has settings of their own; before it all stands in one: `maildir:~/Maildir:LAYOUT=fs`. */
function locationOf(settings: readonly DovecotSetting[], answers: Answers): Location {
  const driver = valueIn(settings, "mail_driver");
  if (driver !== undefined) {
    const path = valueIn(settings, "mail_path") ?? "";
    return { driver, path, layout: valueIn(settings, "mailbox_list_layout") };
  }
  const inbox = settings.find(
    ({ blocks, name, value }) => isInbox(blocks) && name === "location" && value !== "",
  );
  const told = userFields(answers).get("mail") ?? inbox?.value ?? valueIn(settings, "mail_location") ?? "";
  const [kind = "", path = "", ...options] = told.split(":");
  const layout = options.find((option) => option.startsWith("LAYOUT="))?.slice("LAYOUT=".length);
  // Without a location Dovecot looks what is there; Debian's own is mbox.
  return { driver: kind === "dbox" ? "sdbox" : kind, path, layout: layout?.toLowerCase() };
}

function separatorOf(settings: readonly DovecotSetting[]): string | undefined {
  const own = settings.find(
    ({ blocks, name, value }) => isInbox(blocks) && /^(namespace_)?separator$/.test(name) && value !== "",
  );
  return own?.value.replace(/^"(.*)"$/, "$1");
}

function isInbox(blocks: readonly string[]): boolean {
  return blocks.length <= 2 && blocks[0] === "namespace";
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
