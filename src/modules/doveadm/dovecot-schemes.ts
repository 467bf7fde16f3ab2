import type { HostReader } from "../../contract/host.ts";
import { lookingModule } from "../../contract/module.ts";
import { type SchemeSupport, whySchemeRefused } from "../../mail/password-schemes.ts";
import { closed } from "../argument-schemas.ts";

export interface DovecotSchemesArgs {
  readonly schemes: readonly string[];
}

/** Says which password schemes a host's Dovecot accepts. */
export const dovecotSchemes = lookingModule<DovecotSchemesArgs>({
  name: "dovecot_schemes",
  description: "Says which password schemes logins work with on this host's Dovecot, and why others do not.",
  args: closed(
    {
      schemes: {
        type: "array",
        items: { type: "string" },
        description:
          'Schemes as they stand before the hashes, with or without braces. For CRYPT add a colon and how the hashes begin: "CRYPT:$1$".',
      },
    },
    { required: ["schemes"] },
  ),

  async look({ schemes }, host) {
    const support = await schemeSupport(host);
    const judged = [...new Set(schemes)].map((scheme) => ({
      scheme,
      reason: whySchemeRefused(scheme, support),
    }));
    const refused = judged.flatMap(({ scheme, reason }) =>
      reason === undefined ? [] : [{ scheme, reason }],
    );
    const accepted = judged.filter(({ reason }) => reason === undefined).map(({ scheme }) => scheme);
    return {
      result: { accepted, refused },
      message:
        refused.map(({ scheme, reason }) => `${scheme || "(none)"}: ${reason}`).join("\n") || undefined,
    };
  },
});

async function schemeSupport(host: HostReader): Promise<SchemeSupport> {
  const [version, known, weak] = await Promise.all([
    host.probe(["dovecot", "--version"]),
    host.probe(["doveadm", "pw", "-l"]),
    // Before 2.4 there is no such setting, and doveconf says so.
    host.probe(["doveconf", "-h", "auth_allow_weak_schemes"], { accept: "any" }),
  ]);
  return {
    version: version.stdout.toString("utf8").trim(),
    known: new Set(known.stdout.toString("utf8").trim().split(/\s+/)),
    allowsWeak: weak.stdout.toString("utf8").trim() === "yes",
  };
}
