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
  const namespaces: Block[] = [];
  const open: (Block | undefined)[] = [];
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    if (line.startsWith("#")) continue;
    if (line.endsWith("{")) {
      const block: Block | undefined = /^namespace\b/.test(line) && open.length === 0 ? new Map() : undefined;
      if (block !== undefined) namespaces.push(block);
      open.push(block);
    } else if (line === "}") open.pop();
    else putSetting(line, "=", open.length === 0 ? top : open.at(-1));
  }
  return { top, namespaces };
}

function readIndented(text: string): Settings {
  const top: Block = new Map();
  const namespaces: Block[] = [];
  let block: Block | undefined = top;
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) continue;
    if (!line.startsWith(" ")) {
      block = /^namespace\b/.test(line) ? new Map() : top;
      if (block !== top) namespaces.push(block);
    }
    putSetting(line.trim(), ":", block);
  }
  return { top, namespaces };
}

function putSetting(line: string, sign: "=" | ":", block: Block | undefined): void {
  const at = line.indexOf(sign);
  if (at > 0) block?.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
}

function unquoted(text: string): string {
  return /^"(.*)"$/.exec(text)?.[1]?.replaceAll(/\\(.)/g, "$1") ?? text;
}
