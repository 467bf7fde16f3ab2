import { posix } from "node:path";
import { dovecotSettings } from "./doveconf.ts";
import { unquoted } from "./dovecot-namespace.ts";

/** What Dovecot keeps in a place: mail as Maildirs or in files of another format, control files, sieve scripts; a home may hold anything. */
export type PlaceKind = "mail" | "files" | "control" | "scripts" | "home";

/** A path that Dovecot uses for a user; several users may share it. */
export interface DovecotPlace {
  readonly kind: PlaceKind;
  readonly path: string;
  readonly user: string;
}

/** A user as `doveadm user` tells of him: his home, and settings that the user database has for him alone. */
export interface DovecotUser {
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * The users in what `doveadm user NAME…` says of these. undefined where it does not tell of all of them: it does not say then
 * whose each answer is. Before 2.3 each user has a headline, since then each begins with his number.
 */
export function readUsers(names: readonly string[], text: string): DovecotUser[] | undefined {
  const begins = /^userdb: /m.test(text) ? "userdb" : "uid";
  const found: Map<string, string>[] = [];
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^ *([^\s:]+) *(?:\t|: )(.*)$/.exec(line) ?? [];
    if (name === begins) found.push(new Map());
    if (name !== undefined) found.at(-1)?.set(name, value);
  }
  if (found.length !== names.length) return undefined;
  return found.map((fields, index) => ({ name: names[index] ?? "", fields }));
}

/** All places that Dovecot has for these users, each once, by its configuration (`doveconf -n` of 2.x) and their fields. */
export function dovecotPlaces(config: string, users: readonly DovecotUser[]): DovecotPlace[] {
  const shared = saidPlaces(config);
  const places = new Map<string, DovecotPlace>();
  for (const user of users) {
    const isToldMail = user.fields.has("mail") || user.fields.has("mail_path");
    const said = [
      ...shared.filter(({ isUsualMail }) => !(isUsualMail && isToldMail)),
      ...[...user.fields].flatMap(([name, value]) => placesOfField(name, value)),
    ];
    for (const { kind, path: template } of said) {
      const path = expanded(template, user);
      if (path === undefined || (kind === "scripts" && path === template)) continue;
      places.set(`${kind} ${path}`, places.get(`${kind} ${path}`) ?? { kind, path, user: user.name });
    }
  }
  return [...places.values()];
}

/** Whether a path goes down from one of the directories, by its name. */
export function liesIn(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => `${path}/`.startsWith(`${directory.replace(/\/+$/, "")}/`));
}

interface SaidPlace {
  readonly kind: PlaceKind;
  /** With Dovecot's variables in it. */
  readonly path: string;
  /** It is what the users' own fields tell, with their variables filled in. */
  readonly isUsualMail?: boolean;
}

function saidPlaces(config: string): SaidPlace[] {
  const settings = dovecotSettings(config).map((one) => ({ ...one, value: unquoted(one.value) }));
  const inNamespace = ([kind, , ...inner]: readonly string[]) => kind === "namespace" && inner.length === 0;
  // Mail in one of type shared is that of other users.
  const left = new Set(
    settings
      .filter(({ blocks }) => inNamespace(blocks))
      .filter(
        ({ name, value }) =>
          (name === "type" && value === "shared") || (name === "disabled" && value === "yes"),
      )
      .map(({ block }) => block),
  );
  const formats = new Map(
    settings.filter(({ name }) => name === "mail_driver").map(({ block, value }) => [block, value]),
  );
  const usualFormat = formats.get(0);
  return settings.flatMap(({ blocks, block, name, value }) => {
    const [kind] = blocks;
    if (kind === undefined) {
      const isUsualMail = name === "mail_location" || name === "mail_path";
      return placesOfSetting(name, value, usualFormat).map((place) => ({ ...place, isUsualMail }));
    }
    if (inNamespace(blocks)) {
      return left.has(block) ? [] : placesOfSetting(name, value, formats.get(block) ?? usualFormat);
    }
    const isScript =
      kind === "plugin" ? /^sieve(?:_dir)?$/.test(name) : kind === "sieve_script" && name.endsWith("path");
    return isScript ? placesOfScripts(value) : [];
  });
}

/** In the user database 2.4 may have settings of a namespace too: `namespace/archive/mail_path`. */
function placesOfField(name: string, value: string): SaidPlace[] {
  if (name === "home") return value === "" ? [] : [{ kind: "home", path: value }];
  if (/^sieve(?:_dir)?$/.test(name)) return placesOfScripts(value);
  if (name === "mail") return placesOfLocation(value);
  return placesOfSetting(name.replace(/^namespace\/[^/]*\//, ""), value, undefined);
}

function placesOfSetting(name: string, value: string, format = "maildir"): SaidPlace[] {
  if (value === "") return [];
  if (name === "location" || name === "mail_location") return placesOfLocation(value);
  if (name === "mail_control_path") return [{ kind: "control", path: value }];
  const isMail = name === "mail_path" || name === "mail_inbox_path";
  return isMail ? [{ kind: kindOf(format), path: value }] : [];
}

/** 2.3 says all of it in one: `maildir:~/Maildir:INBOX=/srv/inbox/%u:CONTROL=/srv/control/%u`. */
function placesOfLocation(location: string): SaidPlace[] {
  const [format = "", path = "", ...words] = location.split(":");
  const places: SaidPlace[] = path === "" ? [] : [{ kind: kindOf(format), path }];
  for (const word of words) {
    const [, key, value = ""] = /^(INBOX|ALT|CONTROL)=(.+)$/.exec(word) ?? [];
    if (key !== undefined) places.push({ kind: key === "CONTROL" ? "control" : kindOf(format), path: value });
  }
  return places;
}

/** `file:~/sieve;active=~/.dovecot.sieve`, or a path alone. */
function placesOfScripts(value: string): SaidPlace[] {
  return value.split(";").flatMap((part) => {
    const path = part.replace(/^(?:file:|active=)/, "");
    return /^[~/%]/.test(path) ? [{ kind: "scripts", path }] : [];
  });
}

function kindOf(format: string): PlaceKind {
  return format === "maildir" || format === "" ? "mail" : "files";
}

/**
 * The path of a setting for a user; where it holds a word that only Dovecot can fill in, the directory above the first of them.
 * undefined where it hangs on a home that nobody knows, or where nothing stands before that word.
 */
function expanded(setting: string, { name, fields }: DovecotUser): string | undefined {
  const template = setting.replace(/^~(?=\/|$)/, "%h");
  const home = fields.get("home") || undefined;
  const [username = "", domain = ""] = name.split(/@(.*)/s);
  const values: Readonly<Record<string, string | undefined>> = {
    ...{ u: name, user: name, n: username, username, d: domain, domain, h: home, home },
    ...{ "user|username": username, "user|domain": domain },
  };
  let [path, at] = ["", 0];
  for (const { 0: whole, 1: long, 2: short, index } of template.matchAll(variable)) {
    path += template.slice(at, index);
    at = index + whole.length;
    const words = (long ?? short ?? "").replaceAll(" ", "").replace(/\|lower$|^L+/, "");
    const value = whole === "%%" ? "%" : values[words];
    if (value === undefined) return above(path);
    path += whole.includes("lower") || /^%L/.test(whole) ? value.toLowerCase() : value;
  }
  path += template.slice(at);
  return path.startsWith("/") ? posix.normalize(path).replace(/(.)\/$/, "$1") : undefined;
}

/** `%{user | domain}`, `%d`, `%Ld`, `%2.256Nu`. */
const variable = /%(?:\{([^{}]*)\}|([-0-9.]*[A-Z]*[a-z%]))/g;

function above(path: string): string | undefined {
  const directory = posix.normalize(path.slice(0, path.lastIndexOf("/") + 1) || "/");
  return directory === "/" ? undefined : directory.replace(/\/$/, "");
}
