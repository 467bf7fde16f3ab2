# The relay's users, and what Debian does when it installs a server. $1: the mail domain.
set -eu

getent passwd vmail >/dev/null || useradd --system --user-group --home-dir /home/vmail --shell /usr/sbin/nologin vmail
usermod --append --groups opendkim postfix

for unit in opendkim dovecot postfix; do
  [ "$(systemctl is-enabled "$unit" 2>/dev/null)" != masked ] || continue
  systemctl --quiet enable "$unit" 2>/dev/null
  if [ -d /run/systemd/system ]; then systemctl start "$unit"; fi
done
