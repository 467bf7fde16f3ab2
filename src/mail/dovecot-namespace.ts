import { dovecotSettings } from "./doveconf.ts";

/** How Dovecot names folders to its users, and in which format it keeps their mail. */
export interface DovecotNamespace {
  /** What stands between the parts of a folder's name, and whether the configuration says so itself. */
  readonly separator: string;
  readonly isSaid: boolean;
  readonly prefix: string;
  /** `maildir`, `sdbox`, `mdbox`, `mbox`, …; empty where it is found out by looking at each user's files. */
  readonly format: string;
  /** How folders lie in one another: `maildir++` (`.Folder.Sub`), `fs`, …; empty where the format is. */
  readonly layout: string;
  /** Where a user's mail lies, from his home (`Maildir`) or behind his name; empty where nothing says so. */
  readonly directory: string;
  /** What else says where and how files lie, by 2.4's names of the settings; paths with `{user}`, `{username}`, `{domain}` and `~`. */
  readonly options: Readonly<Record<string, string>>;
}

type Block = Map<string, string>;

/**
 * Reads the namespace that holds INBOX from what Dovecot says of its configuration: `doveconf -N` of 2.x (`separator = .`
 * between braces), or `dovecot -n` of 1.x (`separator: .`, indented).
 */
export function inboxNamespace(text: string): DovecotNamespace {
  const { top, block } = inboxSettings(text);
  const { format, path, options } = locationOf(top, block);
  const { mailbox_list_layout = usualLayout(format), mail_inbox_path, ...others } = options;
  const layout = mailbox_list_layout.toLowerCase();
  const directory = behindTheUser(path);
  // 2.4 is told the place of INBOX also where it is that of all folders.
  const isOfAll = mail_inbox_path === undefined || mail_inbox_path === inOneSpelling(path);
  const inbox = isOfAll ? {} : { mail_inbox_path };
  const said = unquoted(block.get("separator") ?? "");
  return {
    separator: said === "" ? usualSeparator(layout) : said,
    isSaid: said !== "",
    prefix: unquoted(block.get("prefix") ?? ""),
    format,
    layout,
    directory,
    options: { ...others, ...inbox },
  };
}

/** Where the mail of that namespace lies, with Dovecot's variables in it: `~/Maildir`, `/var/vmail/%d/%n`; empty where nothing says so. */
export function inboxPath(text: string): string {
  const { top, block } = inboxSettings(text);
  return locationOf(top, block).path;
}

/** The settings that stand in no block, and those of the namespace. */
function inboxSettings(text: string): { readonly top: Block; readonly block: Block } {
  const { top, namespaces } = /^ *[a-z0-9_]+ =/m.test(text) ? readBraces(text) : readIndented(text);
  const holdsInbox = (block: Block) => block.get("inbox") === "yes";
  return { top, block: namespaces.find(holdsInbox) ?? namespaces[0] ?? new Map() };
}

/** Maildir++ has dots between the parts of a folder's name on disk. */
function usualSeparator(layout: string): string {
  return layout === "maildir++" || layout === "" ? "." : "/";
}

function usualLayout(format: string): string {
  if (format === "") return "";
  return format === "maildir" ? "maildir++" : "fs";
}

interface Location {
  readonly format: string;
  readonly path: string;
  readonly options: Readonly<Record<string, string>>;
}

/** 2.4 has settings of their own; before it all stands in one: `maildir:~/Maildir:LAYOUT=fs`. */
function locationOf(top: Block, block: Block): Location {
  const setting = (name: string) => unquoted(block.get(name) || top.get(name) || "");
  if (setting("mail_driver") !== "") {
    const options = Object.values(optionNames).map((name) => [name, setting(name)] as const);
    const said = options.filter(([, value]) => value !== "" && value !== "no");
    const pairs = said.map(([name, value]) => [name, isPath(name) ? inOneSpelling(value) : value]);
    return { format: setting("mail_driver"), path: setting("mail_path"), options: Object.fromEntries(pairs) };
  }
  const [format = "", path = "", ...words] = (
    unquoted(block.get("location") ?? "") || setting("mail_location")
  ).split(":");
  const pairs = words.flatMap((word) => {
    const [key = "", value = "yes"] = word.split("=");
    const name = optionNames[key];
    return name === undefined ? [] : [[name, isPath(name) ? inOneSpelling(value) : value]];
  });
  return { format, path, options: Object.fromEntries(pairs) };
}

/** The words of a location that move or rename what a copy of the files brings. Indexes are made anew. */
const optionNames: Readonly<Record<string, string>> = {
  LAYOUT: "mailbox_list_layout",
  INBOX: "mail_inbox_path",
  CONTROL: "mail_control_path",
  DIRNAME: "mailbox_directory_name",
  UTF8: "mailbox_list_utf8",
  "UTF-8": "mailbox_list_utf8",
};

function isPath(name: string): boolean {
  return name.endsWith("_path");
}

/** `Maildir` of `~/Maildir`, of `/var/vmail/%d/%n/Maildir` and of `%{home}/Maildir`. */
function behindTheUser(path: string): string {
  return path
    .replace(/^.*%(?:\{[^}]*\}|[A-Za-z0-9.]*?[a-zA-Z])/, "")
    .replace(/^~/, "")
    .replaceAll(/^\/+|\/+$/g, "");
}

/** The whole path in words that 2.3 and 2.4 share: `/srv/{domain}/{username}` of `/srv/%d/%n` and of `/srv/%{user | domain}/%{user | username}`. */
function inOneSpelling(path: string): string {
  const spelled = path.replaceAll(/%(?:\{([^{}]*)\}|([undh]))/g, (_whole, long?: string, short?: string) => {
    const word = (long ?? short ?? "").replaceAll(" ", "").replace(/^user\|/, "");
    const name = shortNames[word] ?? word;
    return name === "home" ? "~" : `{${name}}`;
  });
  return spelled.replace(/(.)\/+$/, "$1");
}

const shortNames: Readonly<Record<string, string>> = { u: "user", n: "username", d: "domain", h: "home" };

interface Settings {
  readonly top: Block;
  readonly namespaces: readonly Block[];
}

function readBraces(text: string): Settings {
  const top: Block = new Map();
  const namespaces = new Map<number | string, Block>();
  for (const { blocks, block: number, name, value } of dovecotSettings(text)) {
    const [kind, of = number, ...inner] = blocks;
    if (kind === undefined) top.set(name, value);
    if (kind !== "namespace" || inner.length > 0) continue;
    const block: Block = namespaces.get(of) ?? new Map();
    namespaces.set(of, block.set(name, value));
  }
  return { top, namespaces: [...namespaces.values()] };
}

function readIndented(text: string): Settings {
  const top: Block = new Map();
  const namespaces: Block[] = [];
  let block = top;
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) continue;
    if (!line.startsWith(" ")) {
      block = /^namespace\b/.test(line) ? new Map() : top;
      if (block !== top) namespaces.push(block);
    }
    const at = line.indexOf(":");
    if (at > 0) block.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return { top, namespaces };
}

/** A value as it was meant: doveconf of 2.4 quotes those with odd characters. */
export function unquoted(text: string): string {
  return /^"(.*)"$/.exec(text)?.[1]?.replaceAll(/\\(.)/g, "$1") ?? text;
}
