import { dovecotSettings } from "./doveconf.ts";

/** How Dovecot names folders to its users, and in which format it keeps their mail. */
export interface DovecotNamespace {
  /** What stands between the parts of a folder's name, and whether the configuration says so itself. */
  readonly separator: string;
  readonly isSaid: boolean;
  readonly prefix: string;
  /** `maildir`, `sdbox`, `mdbox`, `mbox`, …; empty where it is found out by looking at each user's files. */
  readonly format: string;
}

type Block = Map<string, string>;

/**
 * Reads the namespace that holds INBOX from what Dovecot says of its configuration: `doveconf -n` of 2.x (`separator = .`
 * between braces), or `dovecot -n` of 1.x (`separator: .`, indented).
 */
export function inboxNamespace(text: string): DovecotNamespace {
  const { top, namespaces } = text.includes("{") ? readBraces(text) : readIndented(text);
  const holdsInbox = (block: Block) => block.get("inbox") === "yes";
  const block = namespaces.find(holdsInbox) ?? namespaces[0] ?? new Map<string, string>();
  const own = block.get("mail_driver") ?? formatOf(block.get("location"));
  const format = own ?? top.get("mail_driver") ?? formatOf(top.get("mail_location")) ?? "";
  const said = unquoted(block.get("separator") ?? "");
  return {
    separator: said === "" ? usualSeparator(format) : said,
    isSaid: said !== "",
    prefix: unquoted(block.get("prefix") ?? ""),
    format,
  };
}

/** Maildir++ has dots between the parts of a folder's name on disk. */
function usualSeparator(format: string): string {
  return format === "maildir" || format === "" ? "." : "/";
}

/** `maildir:~/Maildir` is a location in Maildir format. */
function formatOf(location: string | undefined): string | undefined {
  return /^([a-z]+):/.exec(unquoted(location ?? ""))?.[1];
}

interface Settings {
  readonly top: Block;
  readonly namespaces: readonly Block[];
}

function readBraces(text: string): Settings {
  const top: Block = new Map();
  const namespaces = new Map<string, Block>();
  for (const { blocks, name, value } of dovecotSettings(text)) {
    const [kind, of = "", ...inner] = blocks;
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

function unquoted(text: string): string {
  return /^"(.*)"$/.exec(text)?.[1]?.replaceAll(/\\(.)/g, "$1") ?? text;
}
