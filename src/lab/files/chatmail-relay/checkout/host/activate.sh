# Starts and enables the relay's services. $1: the mail domain; $2: "yes" disables Postfix and Dovecot.
set -eu
domain=${1:?mail domain}

# acmetool would ask for one now, and can't in the lab.
[ -s "/var/lib/acme/live/$domain/fullchain" ] || { echo "there is no certificate for $domain" >&2; exit 1; }

units="opendkim doveauth chatmail-metadata lastlogin chatmail-expire.timer"
for unit in $units; do systemctl --quiet enable --now "$unit"; done

for unit in dovecot postfix; do
  if [ "${2-}" != yes ]; then
    systemctl --quiet enable --now "$unit"
    continue
  fi
  if systemctl --quiet is-active "$unit"; then systemctl stop "$unit"; fi
  if [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ]; then systemctl --quiet disable "$unit"; fi
done
echo unknown >/etc/chatmail-version
