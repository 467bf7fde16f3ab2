/**
 * Which of the mail servers that may be installed beside each other run. Postfix's `status` would write into the mail log; its
 * master's name is one that other programs bear, too.
 */
export const runningScript = `{
  read -r pid <"$(postconf -h queue_directory)/pid/master.pid" && [ "$(cat "/proc/$pid/comm")" = master ] && echo Postfix
  pgrep -x qmail-send >/dev/null && echo qmail
}`;

/** Of the homes on its input those that hold mail of qmail's, by the directories in which they lie. */
export const mailHomesScript = `sort -u | while read -r home; do
  case $home in / | /root | /var/qmail/*) continue ;; esac
  [ ! -d "$home/Maildir" ] && [ ! -f "$home/Mailbox" ] && [ ! -f "$home/.qmail-default" ] || dirname "$home"
done | sort -u`;

/**
 * What a host is asked, in one round trip; it only reads. Each answer stands indented under its name, so that nothing
 * a host says can pass for a name. Passwords are left out on the host: they never come here.
 */
export const surveyScript = String.raw`export LC_ALL=C COLUMNS=300 PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
exec 2>/dev/null </dev/null
as() { printf '%s\n' "$1"; head -n 2000 | sed 's/^/  /'; }
open() { sed -E '/^[[:space:]]*(#|$)/d; /^[^=:]*(password|passwd|secret|bind_pw|nonce)[^=:]*[=:]/Id; s/(password|dnpass)=[^[:space:]]*//Ig; s#(://[^:/@]*):[^@/]*@#\1@#'; }

dpkg -l postfix 'exim4-daemon-*' sendmail-bin opensmtpd qmail netqmail notqmail dovecot-core courier-imap courier-mta cyrus-imapd \
  rspamd spamassassin spamd amavisd-new opendkim redis-server mariadb-server 'mariadb-server-[0-9]*' 'mysql-server-[0-9]*' \
  'postgresql-[0-9]*' sqlite3 roundcube-core fetchmail getmail6 mailman3 |
  awk '/^.i/ { sub(/:.*/, "", $2); print $2, $3 }' | as packages
systemctl list-units --type=service,socket,timer --state=active --plain --no-legend --no-pager | awk '{ print $1 }' |
  grep -iE 'mail|postfix|exim|dovecot|courier|cyrus|redis|rspamd|spam|amavis|dkim|mbsync|offlineimap|svscan|maria|mysql|postgres' | as units
${runningScript} | as running
ss -ltnp | awk 'NR > 1 { n = split($4, at, ":"); split($0, told, "\""); print at[n], (told[2] == "" ? "-" : told[2]) }' | sort -nu | as listening

postfix_words="myhostname mydestination virtual_mailbox_domains virtual_mailbox_maps virtual_mailbox_base virtual_alias_maps
  virtual_alias_domains virtual_transport mailbox_transport mailbox_command home_mailbox relay_domains relayhost transport_maps
  smtpd_milters content_filter smtpd_tls_cert_file smtpd_tls_chain_files maximal_queue_lifetime"
settings=$(postconf -x $postfix_words || postconf $postfix_words)
printf '%s\n' "$settings" | as postconf
printf '%s\n' "$settings" | grep -oE '(mysql|pgsql|sqlite):/[^ ,]+' | sort -u | while IFS=: read -r kind file; do
  echo "$kind $file"
  open <"$file" | sed 's/^/  /'
done | as maps

dovecot=$(doveconf -N || dovecot -n)
printf '%s\n' "$dovecot" | open | as doveconf
printf '%s\n' "$dovecot" | sed -nE 's/^[[:space:]]*args( =|:) (\/[^ ]*)$/\2/p' | sort -u | while read -r file; do
  echo "file $file"
  sed -e ':join' -e '/\\$/N; s/\\\n//; t join' "$file" | grep -E '^(driver|connect|user_query|iterate_query) *=' | open | sed 's/^/  /'
done | as dovecot-sql
users=$(timeout 120 doveadm user '*')
printf '%s\n' "$users" | awk -F@ 'NF { count++; if (NF > 1) domains[$NF]++ }
  END { print "count", count + 0; for (name in domains) print "domain", name, domains[name] }' | sort | as users
one=$(printf '%s\n' "$users" | grep -m 1 @ || printf '%s\n' "$users" | head -n 1)
[ -z "$one" ] || { echo "user $one"; timeout 20 doveadm user "$one" | grep -E '^(uid|gid|home|mail|mail_path|mail_driver)[[:space:]]'; } | as user

maria() {
  for client in mariadb mysql ''; do [ -n "$(command -v "$client")" ] && break; done
  [ -n "$client" ] || return
  set -- "SET SESSION TRANSACTION READ ONLY; $1" $2
  echo "$1" | timeout 20 $client --skip-column-names --batch $2 ||
    echo "$1" | timeout 20 $client --defaults-file=/etc/mysql/debian.cnf --skip-column-names --batch $2
}
tables="'virtual_domains', 'virtual_users', 'virtual_aliases', 'mailbox', 'domain', 'identities', 'rcpthosts'"
found=$(maria "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name IN ($tables) ORDER BY 1, 2")
printf '%s\n' "$found" | grep . | as mariadb
printf '%s\n' "$found" | awk '$2 == "virtual_domains" { print $1 }' | while read -r name; do
  maria 'SELECT name FROM virtual_domains' "--database=$name" </dev/null
done | as mariadb-domains
postgres() { timeout 20 runuser -u postgres -- psql -At -F ' ' -d "$1" -c "$2"; }
found=$([ -z "$(command -v psql)" ] || postgres postgres 'SELECT datname FROM pg_database WHERE NOT datistemplate' | while read -r name; do
  postgres "$name" "SELECT current_database(), table_name FROM information_schema.tables WHERE table_name IN ($tables) ORDER BY 2" </dev/null
done)
printf '%s\n' "$found" | grep . | as postgresql
printf '%s\n' "$found" | awk '$2 == "virtual_domains" { print $1 }' | while read -r name; do
  postgres "$name" 'SELECT name FROM virtual_domains' </dev/null
done | as postgresql-domains
lite() { timeout 20 sqlite3 -batch -init /dev/null -separator ' ' "$1" "$2" </dev/null; }
found=$(printf '%s\n' "$settings" | grep -oE 'sqlite:/[^ ,]+' | cut -d : -f 2 | sort -u | while read -r map; do
  sed -nE 's/^[[:space:]]*dbpath[[:space:]]*=[[:space:]]*//p' "$map"
done | sort -u | while read -r file; do
  [ ! -f "$file" ] || lite "$file" "SELECT name FROM sqlite_master WHERE name IN ($tables) ORDER BY 1" | while read -r name; do echo "$file $name"; done
done)
printf '%s\n' "$found" | grep . | as sqlite
printf '%s\n' "$found" | awk '$2 == "virtual_domains" { print $1 }' | while read -r file; do
  lite "$file" 'SELECT name FROM virtual_domains'
done | as sqlite-domains

cat /etc/rspamd/local.d/*.conf /etc/rspamd/override.d/*.conf | open | grep -E '^[[:space:]]*(path|selector_map|servers|db|dbname)[[:space:]]*=' | as rspamd
open </etc/rspamd/dkim_selectors.map | as dkim-map
ls /var/lib/rspamd/dkim | as rspamd-keys
timeout 5 redis-cli info keyspace | tr -d '\r' | grep '^db' | as redis
grep -E '^(Domain|Selector|KeyFile|KeyTable|SigningTable)[[:space:]]' /etc/opendkim.conf | as opendkim
ls /etc/dkimkeys | as opendkim-keys
grep -h dbname= /etc/roundcube/debian-db.php | sed 's/[^=]*=//' | tr -d "';\"" | as roundcube

{
  postconf -xh smtpd_tls_cert_file smtpd_tls_chain_files | tr ', ' '\n\n'
  printf '%s\n' "$dovecot" | sed -nE 's/^[[:space:]]*(ssl_cert|ssl_server_cert_file|cert_file) = <?//p'
  ls -d /etc/letsencrypt/live/*/cert.pem /var/lib/acme/live/*/cert /var/qmail/control/servercert.pem
} | grep ^/ | awk '!seen[$0]++' | while read -r file; do
  shown=$(openssl x509 -noout -enddate -text -in "$file") || continue
  echo "file $file"
  printf '%s\n' "$shown" | sed -n 's/^notAfter=/  ends /p'
  printf '%s\n' "$shown" | grep -oE 'DNS:[^, ]+' | sort -u | sed 's/^DNS:/  name /'
done | as certificates

for file in /usr/local/lib/chatmaild/chatmail.ini /etc/chatmail.ini; do
  [ ! -r "$file" ] || { echo "file $file"; open <"$file"; }
done | as chatmail
[ ! -d /var/qmail/control ] || {
  for name in me locals rcpthosts virtualdomains smtproutes concurrencylocal concurrencyremote defaultdomain; do
    [ ! -r "/var/qmail/control/$name" ] || { echo "file $name"; cut -d ' ' -f 1 "/var/qmail/control/$name" | sed 's/^/  /'; }
  done
  for name in /var/qmail/users/assign /home/vpopmail /service /etc/service; do [ ! -e "$name" ] || echo "there $name"; done
} | as qmail
[ ! -d /var/qmail/control ] || { cut -d : -f 5 /var/qmail/users/assign; getent passwd | cut -d : -f 6; } | ${mailHomesScript} | as qmail-homes
grep -hE '^dc_(other_hostnames|localdelivery)=' /etc/exim4/update-exim4.conf.conf | as exim
find /home -mindepth 2 -maxdepth 2 -type d -name Maildir | wc -l | as home-maildirs
find /var/mail -mindepth 1 -maxdepth 1 -type f -size +0 | wc -l | as spool-mailboxes
ls -d /var/vmail /home/vmail /home/vmail/mail /var/mail/vhosts /srv/vmail /home/vpopmail/domains | as directories
`;

/**
 * What a mail root holds, by one walk; `$1` is the root, `$2` how many seconds it may take. Counts what it came to when
 * the time is over, and says so.
 */
export const countScript = String.raw`export LC_ALL=C
exec 2>/dev/null </dev/null
{
  timeout "$2" find "$1" \( -type d -name cur -printf 'folder %h\n' \) \
    -o \( -type f \( -path '*/cur/*' -o -path '*/new/*' -o -name 'u.[0-9]*' \) -printf 'message %s\n' \) -o \( -type f -printf 'file %s\n' \)
  echo "ended $?"
} | awk '
  $1 == "folder" { folders++; n = split($0, parts, "/"); if (parts[n] ~ /^\./) dotted++; else if ($0 ~ /\/Maildir\/./) nested++ }
  $1 == "message" { messages++; bytes += $2 }
  $1 == "file" { bytes += $2 }
  $1 == "ended" { print "ended", $2 }
  END {
    printf "folders %d\ndotted %d\nnested %d\nmessages %d\nbytes %.0f\n", folders, dotted, nested, messages, bytes
  }'
printf 'owner %s\n' "$(find "$1" -mindepth 1 -maxdepth 1 -printf '%u:%g\n' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')"
near=$1; while [ ! -d "$near" ]; do near=$(dirname "$near"); done
printf 'free %s\n' "$(df --block-size=1 --output=avail "$near" | tail -n 1 | tr -d ' ')"
`;
