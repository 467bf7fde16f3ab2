/** One setting in the output of `doveconf -n`: the blocks that it stands in, as kind and name, then the setting. */
export interface DovecotSetting {
  readonly blocks: readonly string[];
  /** The same for all settings of one block, and for no other: blocks need not have names. 0 outside of all. */
  readonly block: number;
  readonly name: string;
  readonly value: string;
}

/** The settings in the output of `doveconf -n`, in their order. */
export function dovecotSettings(text: string): DovecotSetting[] {
  const found: DovecotSetting[] = [];
  const blocks: { readonly words: string[]; readonly number: number }[] = [];
  let begun = 0;
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    const [, kind, block] = /^([a-z0-9_]+)(?: (.+?))? ?\{$/.exec(line) ?? [];
    if (kind !== undefined) {
      begun += 1;
      blocks.push({ words: block === undefined ? [kind] : [kind, blockName(block)], number: begun });
    } else if (line === "}") blocks.pop();
    else {
      const [, name, value = ""] = /^([a-z0-9_]+) =(.*)$/.exec(line) ?? [];
      if (name !== undefined) {
        const words = blocks.flatMap((one) => one.words);
        found.push({ blocks: words, block: blocks.at(-1)?.number ?? 0, name, value: value.trim() });
      }
    }
  }
  return found;
}

/**
 * The paths of all settings in the output of `doveconf -n` that make Dovecot remove messages by itself, as `-o` takes
 * them: `namespace/inbox/mailbox/Trash/autoexpunge`. Both the forms of 2.3 and of 2.4 (`mailbox_autoexpunge`).
 */
export function autoexpungeSettings(text: string): string[] {
  return settingPaths(text, /^(?:mailbox_)?autoexpunge(?:_max_mails)?$/);
}

/** The paths of the settings by which Dovecot 2.3 notes logins; empty ones note none. */
export function lastLoginSettings(text: string): string[] {
  return settingPaths(text, /^last_login_dict$/);
}

/** The paths of the settings whose name the pattern matches, in the order of the text. */
function settingPaths(text: string, wanted: RegExp): string[] {
  return dovecotSettings(text)
    .filter(({ name }) => wanted.test(name))
    .map(({ blocks, name }) => [...blocks, name].join("/"));
}

/** Names with blanks stand in quotes; a slash in a name would end it in a path, Dovecot writes `\s` for it. */
function blockName(text: string): string {
  const plain = text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;
  return plain.replaceAll("\\", "\\\\").replaceAll("/", "\\s");
}
