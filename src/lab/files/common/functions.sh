# Sourced by the provision scripts, which run as root inside the image. $files is where this directory is mounted.

# Copies a tree of configuration files over /, owned by root, whoever owns them in the checkout.
install_tree() {
  tar -C "$1" --owner=0 --group=0 --mode=u=rwX,go=rX -cf - . | tar -C / --no-overwrite-dir -xf -
}

# What every host of the lab has in common: quick to boot, silent, no identity of its own yet.
prepare_host() {
  rm -f /etc/ssh/ssh_host_*_key*
  : > /etc/machine-id
  rm -f /var/lib/dbus/machine-id
  mkdir -p /var/log/journal
  systemctl enable systemd-networkd.service
  systemctl mask systemd-networkd-wait-online.service systemd-timesyncd.service apt-daily.timer \
    apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer console-getty.service
  rm -f /etc/resolv.conf
}

# Waits until a command succeeds, at most ten minutes: a busy machine takes its time.
until_succeeds() {
  for _ in $(seq 6000); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.1
  done
  echo "gave up waiting for: $*" >&2
  return 1
}

# Runs MariaDB just long enough to take the SQL files.
load_sql() {
  install -d -o mysql -g mysql /run/mysqld
  mariadbd --user=mysql --skip-networking > /dev/null 2>&1 &
  mariadbd_pid=$!
  until_succeeds mysqladmin ping
  for file in "$@"; do
    mysql --default-character-set=utf8mb4 < "$file"
  done
  mysqladmin shutdown
  wait "$mariadbd_pid"
}

# Puts a self-signed certificate for the name $1 where the certificate for mail.example.org will be.
make_own_certificate() {
  live=/etc/letsencrypt/live/mail.example.org
  mkdir -p "$live"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -keyout "$live/privkey.pem" -out "$live/cert.pem" 2> /dev/null
  cp "$live/cert.pem" "$live/fullchain.pem"
  chmod 600 "$live/privkey.pem"
}

# Starts Rspamd and waits until it has compiled its regular expressions. It keeps them in /var/lib/rspamd, so no host
# made from this image spends half a minute on that when it boots.
start_rspamd() {
  install -d -o _rspamd -g _rspamd /run/rspamd /var/log/rspamd
  runuser -u _rspamd -- rspamd -f > /dev/null 2>&1 &
  rspamd_pid=$!
  until_succeeds grep 'to the hyperscan tree' /var/log/rspamd/rspamd.log
  # Not `stat`: without a Redis it crashes in Debian 12.
  until_succeeds rspamc uptime
}

stop_rspamd() {
  kill "$rspamd_pid"
  wait "$rspamd_pid" || true
  rm -f /var/log/rspamd/rspamd.log /var/lib/rspamd/rspamd.sock
}
