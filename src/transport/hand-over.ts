import { mailboxRequest } from "../contract/data-link.ts";

/**
 * A forced command that hands over one user's mailbox by dsync, and leaves everything else that is asked for to the script
 * behind it. `$1` is Dovecot's configuration, `$2` when it ends, in seconds since 1970 (`never`: sshd sees to that), the rest
 * that script with its words. The user's name is never given to a shell.
 */
export const handOverScript = `#!/bin/sh
# Made by Mailferry: speaks by dsync about one user's mailbox; what else is asked for is up to the next script.
set -fu
config=$1
end=$2
shift 2
# Where the time can't be told, nothing is handed over, either.
[ "$end" = never ] || [ "$(date +%s)" -lt "$end" ] || { echo "mailferry: refused: this key has ended" >&2; exit 1; }
case \${SSH_ORIGINAL_COMMAND-} in
  "${mailboxRequest} "*) user=\${SSH_ORIGINAL_COMMAND#* } ;;
  *) exec /bin/sh "$@" ;;
esac
# The other dsync says what it wants to speak with. A wildcard would be many users at once.
user=\${user% dsync-server}
case $user in
  "" | *[*?[:cntrl:]]*) echo "mailferry: refused: no user" >&2; exit 1 ;;
esac
exec doveadm -c "$config" dsync-server -u "$user"
`;
