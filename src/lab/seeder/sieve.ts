import type { SeedPlan } from "./plan.ts";
import { type SeedTarget, shell } from "./target.ts";

/** A script of a user. */
export interface SeedSieve {
  readonly user: string;
  readonly name: string;
  readonly script: string;
  readonly active: boolean;
}

/** The scripts of the rich users: holidays, filing, one that is not active, one with a name that needs care. */
export function planSieve(plan: SeedPlan): readonly SeedSieve[] {
  const user = (index: number) => plan.users[index]?.address ?? "";
  return [
    { user: user(0), name: "holidays", script: vacationScript, active: true },
    { user: user(1), name: "filing", script: filingScript, active: true },
    { user: user(1), name: "holidays", script: vacationScript, active: false },
    { user: user(2), name: "Regeln für später", script: filingScript, active: false },
  ];
}

/** Hands the scripts to Dovecot, which compiles them and sets the link of the active one. */
export async function putSieve(target: SeedTarget, scripts: readonly SeedSieve[]): Promise<void> {
  for (const { user, name, script, active } of scripts) {
    const put =
      'doveadm sieve put -u "$1" "$2"; [ "$3" = yes ] && doveadm sieve activate -u "$1" "$2" || true';
    await target.run(shell(put, user, name, active ? "yes" : "no"), { stdin: script });
  }
}

/** The mail of the lab's senders calls itself automatic, so that it is never answered. */
const vacationScript = `require ["vacation"];
vacation :days 1 :subject "Bin verreist" text:
Grüße vom Meer. I am back on Monday.
.
;
`;

const filingScript = `require ["fileinto", "mailbox", "imap4flags"];
if header :contains "List-Id" "<dev.lists.example.com>" {
  addflag "\\\\Flagged";
  fileinto :create "Lists.dev";
  stop;
}
`;
