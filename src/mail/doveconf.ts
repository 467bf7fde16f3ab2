/**
 * The paths of all settings in the output of `doveconf -n` that make Dovecot remove messages by itself, as `-o` takes
 * them: `namespace/inbox/mailbox/Trash/autoexpunge`. Both the forms of 2.3 and of 2.4 (`mailbox_autoexpunge`).
 */
export function autoexpungeSettings(text: string): string[] {
  const found: string[] = [];
  const blocks: string[][] = [];
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    const [, kind, name] = /^([a-z0-9_]+)(?: (.*?))? ?\{$/.exec(line) ?? [];
    if (kind !== undefined) blocks.push(name === undefined ? [kind] : [kind, blockName(name)]);
    else if (line === "}") blocks.pop();
    else {
      const setting = /^((?:mailbox_)?autoexpunge(?:_max_mails)?) = /.exec(line)?.[1];
      if (setting !== undefined) found.push([...blocks.flat(), setting].join("/"));
    }
  }
  return found;
}

/** Names with blanks stand in quotes; a slash in a name would end it in a path, Dovecot writes `\s` for it. */
function blockName(text: string): string {
  const plain = text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;
  return plain.replaceAll("\\", "\\\\").replaceAll("/", "\\s");
}
