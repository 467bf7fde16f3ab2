import { chatmailMailRoot } from "../../src/lab/seeder/seed-chatmail.ts";

/** A shell script that lists a relay's keys and certificates: names, modes, owners by name and contents. A text that Debian's package brings is nobody's key. */
export const listKeys = `
  find /etc/dkimkeys /var/lib/acme \\( -path /var/lib/acme/conf -o -name README.PrivateKeys \\) -prune -o \
    -printf '%p %y %m %u:%g %l\\n' | sort
  find /etc/dkimkeys /var/lib/acme -path /var/lib/acme/conf -prune -o -type f -print | sort | xargs sha256sum`;

/** One that lists the accounts' passwords and what notes logins, with their times: nobody has logged in but alice, by the smoke test. */
export const listAccounts = `
  find ${chatmailMailRoot} \\( -name password -o -name lastlogin ! -path '*/alice@*' \\) -printf '%p %m %u:%g %Ts\\n' | sort`;
