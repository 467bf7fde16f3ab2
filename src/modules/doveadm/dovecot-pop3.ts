import { Failure } from "../../contract/errors.ts";
import { lookingModule } from "../../contract/module.ts";
import { dovecotSettings } from "../../mail/doveconf.ts";
import { commonUidlFormat, uidlMaker } from "../../mail/pop3-uidl.ts";
import { absolutePath, closed } from "../argument-schemas.ts";

export interface DovecotPop3Args {
  readonly config?: string;
}

/** Says whether a host's Dovecot serves POP3, and by which unique ids it shows messages to clients. */
export const dovecotPop3 = lookingModule<DovecotPop3Args>({
  name: "dovecot_pop3",
  description:
    "Reads from the configuration of this host's Dovecot (1.x or 2.x) whether POP3 is on, and how it makes the unique ids (UIDL) that clients know messages by: where they become others, every client loads all its mail again. Registers `on`, `uidl_format` (in Dovecot 2.4's spelling), `reuse_xuidl` (a header `X-UIDL` decides before the format) and `provable` (pop3_proof can tell the ids from a ledger).",
  args: closed({
    config: absolutePath("The configuration file; Dovecot's usual one by default."),
  }),

  async look({ config }, host) {
    const words = config === undefined ? [] : ["-c", config];
    const { exitCode, stdout, stderr } = await host.probe(["sh", "-c", settingsScript, "sh", ...words], {
      accept: "any",
    });
    const settings = dovecotSettings(stdout.toString("utf8"));
    const said = (name: string) =>
      unquoted(settings.findLast((setting) => setting.name === name)?.value ?? "");
    // 2.4 has a block of them: `protocols { pop3 = yes }`.
    const on = / pop3s? /.test(` ${said("protocols")} `) || said("pop3") === "yes";
    const format = said("pop3_uidl_format");
    if (exitCode !== 0 || (on && format === "")) throw unreadable(stderr.toString("utf8").trim(), host.name);
    const reusesHeader = said("pop3_reuse_xuidl") === "yes";
    return {
      result: {
        on,
        uidl_format: on ? commonUidlFormat(format) : "",
        reuse_xuidl: on && reusesHeader,
        provable: on && !reusesHeader && uidlMaker(format) !== undefined,
      },
    };
  },
});

/**
 * Without the POP3 package Dovecot knows none of the latter settings. 1.x has no doveconf, and says with its settings which
 * of them hold for POP3 alone: `pop3_uidl_format(pop3): …`.
 */
const settingsScript = String.raw`
version=$(dovecot --version) || exit 1
if [ "${"$"}{version#1.}" != "$version" ]; then
  dovecot "$@" -a | sed -n 's/^ *\(protocols\|pop3_[a-z_]*\)\((pop3)\)\{0,1\}: */\1 = /p'
  exit
fi
doveconf "$@" protocols || exit 1
doveconf "$@" -f protocol=pop3 pop3_uidl_format pop3_reuse_xuidl || :`;

function unquoted(text: string): string {
  return /^"(.*)"$/.exec(text)?.[1]?.replaceAll(/\\(.)/g, "$1") ?? text;
}

function unreadable(said: string, host: string): Failure {
  return new Failure("task-failed", `Dovecot on ${host} does not tell its POP3 settings: ${said}`, {
    host,
    next: "Is Dovecot installed there, and its configuration sound (doveconf -n)?",
  });
}
