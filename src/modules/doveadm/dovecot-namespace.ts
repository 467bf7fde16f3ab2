import { Failure } from "../../contract/errors.ts";
import { lookingModule } from "../../contract/module.ts";
import { inboxNamespace } from "../../mail/dovecot-namespace.ts";
import { filePlugins } from "../../mail/dovecot-plugins.ts";
import { absolutePath, closed } from "../argument-schemas.ts";

export interface DovecotNamespaceArgs {
  readonly config?: string;
}

/** Says how a host's Dovecot names folders, and in which format it keeps mail. */
export const dovecotNamespace = lookingModule<DovecotNamespaceArgs>({
  name: "dovecot_namespace",
  description:
    "Reads from the configuration of this host's Dovecot (1.x or 2.x) the namespace that holds INBOX. Registers `separator`, `separator_is_said` (the configuration says it itself), `prefix`, `format` (maildir, sdbox, mdbox, …; empty where Dovecot finds it out), `layout` (maildir++ or fs), `directory` (where a user's mail lies, from his home), `options`: other settings that say where files lie, by the names that Dovecot 2.4 has for them, and `plugins`: those that pack or encrypt messages (mail_compress, which was zlib before 2.4, and mail_crypt).",
  args: closed({
    config: absolutePath("The configuration file; Dovecot's usual one by default."),
  }),

  async look({ config }, host) {
    const words = config === undefined ? [] : ["-c", config];
    const { exitCode, stdout, stderr } = await host.probe(["sh", "-c", configScript, "sh", ...words], {
      accept: "any",
    });
    if (exitCode !== 0) throw unreadable(stderr.toString("utf8").trim(), host.name);
    const text = stdout.toString("utf8");
    const { isSaid, options, ...found } = inboxNamespace(text);
    const plugins = filePlugins(text);
    return { result: { ...found, separator_is_said: isSaid, options: { ...options }, plugins } };
  },
});

/**
 * What is said in the files, also where it is the default: 2.4 lets Maildirs lie as `maildir++` only while nobody says
 * `mailbox_list_layout = fs`, its default for all. 1.x has no doveconf.
 */
const configScript = `
command -v doveconf >/dev/null && exec doveconf "$@" -N
exec dovecot "$@" -n`;

function unreadable(said: string, host: string): Failure {
  return new Failure("task-failed", `Dovecot on ${host} does not tell its configuration: ${said}`, {
    host,
    next: "Is Dovecot installed there, and its configuration sound (doveconf -n)?",
  });
}
