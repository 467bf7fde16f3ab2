import type { HostSurvey } from "./host-survey.ts";
import { fitsWithoutDatabase, type SurveyedPair } from "./playbook-fit.ts";

/** The playbook that the parts are taken from. */
export const composedFrom = "bullseye-to-trixie";

/**
 * A playbook for two servers that are as an ISPmail pair is, but for the database: the stages of `bullseye-to-trixie`
 * (`text`) without the roles that have nothing to do here, and with a look whether new knows the users. undefined where
 * roles are missing that nobody has written yet.
 */
export function composePlaybook(pair: SurveyedPair, text: string): string | undefined {
  if (!fitsWithoutDatabase(pair)) return undefined;
  const left = rolesWithNothingToDo(pair.old);
  const lines = text.split("\n").filter((line) => !left.some((role) => namesRole(line, role)));
  const begin = lines.indexOf("stages:");
  const preflight = lines.indexOf("  - name: prepare") - 1;
  return [
    "# Composed by `mailferry init` from the roles that fit these two servers. It is yours: read it, and change what you like.",
    "# Run the stages in their order; `mailferry status` names the next command to type.",
    `# Left out, because old has nothing for them: ${left.join(", ")}.`,
    `name: Mail server, ${pair.old.distribution} ${pair.old.version} to ${pair.new.distribution} ${pair.new.version}`,
    "",
    ...lines.slice(begin, preflight),
    usersPlay,
    ...lines.slice(preflight),
  ].join("\n");
}

/** Accounts that stand in no database of a kind that both have are brought to new by hand: this sees that it was done. */
const usersPlay = `      - name: See that new knows the users
        hosts: new
        tasks:
          # A frozen Dovecot can't be asked.
          - name: Users of old
            when: "!latches.old_frozen && !latches.new_opened"
            delegate_to: "{{old_host}}"
            command: doveadm user '*'
            changed_when: "false"
            check_mode: false
            register: users_of_old
          # Once prepare has closed new, its Dovecot is masked.
          - name: Users of old that new does not know
            when: "!latches.old_frozen && !latches.new_opened"
            shell:
              cmd: |
                case "$(systemctl is-enabled dovecot 2>/dev/null)" in masked*) exit 0 ;; esac
                { doveadm user '*' | sed 's/^/new /'; sed 's/^/old /'; } |
                  awk '$1 == "new" { known[$2] } $1 == "old" && !($2 in known) { print $2 }'
              stdin: "{{users_of_old.stdout}}\\n"
            changed_when: "false"
            check_mode: false
            register: users_missing
          - name: New knows every user of old
            when: "!latches.old_frozen && !latches.new_opened"
            assert:
              that: [users_missing.stdout == ""]
              msg: >-
                New does not know these users of {{old_host}}: {{join users_missing.stdout_lines " "}}. Bring their accounts to new first.`;

function rolesWithNothingToDo({ certificates, filters, dkim }: HostSurvey): string[] {
  const hasRspamd = filters.some(({ name }) => name === "Rspamd") || dkim?.signer === "Rspamd";
  const hasLetsencrypt = certificates.some(({ file }) => file.startsWith("/etc/letsencrypt/"));
  return ["database", ...(hasLetsencrypt ? [] : ["certs"]), ...(hasRspamd ? [] : ["rspamd"])];
}

function namesRole(line: string, role: string): boolean {
  return new RegExp(`^ *- (${role}|\\{ role: ${role}[ ,].*)$`).test(line);
}
