import { dovecotSettings } from "./doveconf.ts";

/** By all their names the plugins without which a packed or encrypted message can't be read; the name of 2.4 is told. */
const toldNames: Readonly<Record<string, string>> = {
  zlib: "mail_compress",
  mail_compress: "mail_compress",
  mail_crypt: "mail_crypt",
};

/**
 * The plugins that pack or encrypt messages, of those that the output of `doveconf -n` has for any protocol: `mail_compress`
 * (`zlib` before 2.4) and `mail_crypt`, in the order of their names.
 */
export function filePlugins(text: string): string[] {
  const loaded = dovecotSettings(text).flatMap(({ blocks, name, value }) => {
    if (name === "mail_plugins") return value.split(/[\s"]+/);
    // 2.4 may name each in a line of its own.
    return blocks.at(-1) === "mail_plugins" && value === "yes" ? [name] : [];
  });
  return [...new Set(loaded.flatMap((name) => toldNames[name] ?? []))].sort();
}
