# Sourced, behind functions.sh, by the provision scripts of mail servers as the ISPmail guides from Stretch to Bookworm make
# them: Dovecot 2.3 and MariaDB, mail in /var/vmail. $role is what the host is in the lab: old or new.

# The mail user, and the files that these guides have in common.
install_ispmail() {
  rm -f /etc/dovecot/conf.d/10-tcpwrapper.conf
  groupadd -g 5000 vmail
  useradd -g vmail -u 5000 vmail -d /var/vmail -m
  install_tree "$files/common/root"
  install_tree "$files/common/ispmail/root"
  sed -i "s/@ROLE@/$role/" /etc/postfix/mysql-*.cf /etc/dovecot/dovecot-sql.conf.ext
  # Dovecot's tools want some certificate; where Let's Encrypt has given one, the lab's own is written before the first boot.
  make_own_certificate "mail-$role.example.org"
}

# $1: more restrictions for recipients, such as the quota's.
configure_postfix() {
  echo "mail-$role.example.org" > /etc/mailname
  chgrp postfix /etc/postfix/mysql-*.cf
  chmod u=rw,g=r,o= /etc/postfix/mysql-*.cf
  postconf -e \
    "myhostname=mail-$role.example.org" \
    'mydestination=$myhostname, localhost.example.org, localhost' \
    virtual_mailbox_domains=mysql:/etc/postfix/mysql-virtual-mailbox-domains.cf \
    virtual_mailbox_maps=mysql:/etc/postfix/mysql-virtual-mailbox-maps.cf \
    virtual_alias_maps=mysql:/etc/postfix/mysql-virtual-alias-maps.cf,mysql:/etc/postfix/mysql-email2email.cf \
    virtual_transport=lmtp:unix:private/dovecot-lmtp \
    "smtpd_recipient_restrictions=reject_unauth_destination${1:+ $1}" \
    smtpd_sasl_type=dovecot \
    smtpd_sasl_path=private/auth \
    smtpd_sasl_auth_enable=yes \
    smtpd_tls_security_level=may \
    smtpd_tls_auth_only=yes \
    smtpd_tls_cert_file=/etc/letsencrypt/live/mail.example.org/fullchain.pem \
    smtpd_tls_key_file=/etc/letsencrypt/live/mail.example.org/privkey.pem \
    smtp_tls_security_level=may \
    smtpd_sender_login_maps=mysql:/etc/postfix/mysql-email2email.cf \
    smtpd_milters=inet:127.0.0.1:11332 \
    non_smtpd_milters=inet:127.0.0.1:11332 \
    milter_protocol=6 \
    'milter_mail_macros=i {mail_addr} {client_addr} {client_name} {auth_authen}'
  postconf -M submission/inet='submission inet n - y - - smtpd'
  postconf -P \
    submission/inet/syslog_name=postfix/submission \
    submission/inet/smtpd_tls_security_level=encrypt \
    submission/inet/smtpd_tls_auth_only=yes \
    submission/inet/smtpd_sasl_auth_enable=yes \
    submission/inet/smtpd_recipient_restrictions=permit_mynetworks,permit_sasl_authenticated,reject \
    submission/inet/smtpd_sender_restrictions=reject_sender_login_mismatch,permit_sasl_authenticated,reject
  newaliases
  # Makes the queue directories that Dovecot wants to put its sockets into.
  postfix check
}

configure_dovecot() {
  chown -R vmail:vmail /var/vmail
  chmod u=rwx,g=rwx,o= /var/vmail
  chown root:root /etc/dovecot/dovecot-sql.conf.ext
  chmod go= /etc/dovecot/dovecot-sql.conf.ext
  sievec /etc/dovecot/sieve-after/spam-to-folder.sieve
}

configure_rspamd() {
  install -d -o _rspamd -g _rspamd /var/lib/rspamd/dkim
}

# The empty databases; $1 is the column that the guide has for the quota, with its comma, or nothing.
load_schema() {
  schema=$(mktemp -d)
  sed "s/@ROLE@/$role/; s/^  @QUOTA@$/  $1/" "$files/common/ispmail/sql/10-mailserver.sql" > "$schema/10.sql"
  sed "s/@ROLE@/$role/" "$files/common/ispmail/sql/20-roundcube.sql" > "$schema/20.sql"
  { echo 'USE roundcube;'; cat /usr/share/dbconfig-common/data/roundcube/install/mysql; } > "$schema/30.sql"
  load_sql "$schema"/*.sql
  rm -r "$schema"
}

# Two domains with a user each, and what they have in Roundcube. Any arguments are more files of SQL.
load_people() {
  people=$(mktemp)
  blf=$(doveadm pw -s BLF-CRYPT -p summersun)
  sha=$(doveadm pw -s SHA256-CRYPT -p summersun)
  sed "s|@BLF_CRYPT@|$blf|; s|@SHA256_CRYPT@|$sha|" "$files/common/ispmail/sql/30-people.sql" > "$people"
  load_sql "$people" "$@"
  rm "$people"
}

# A Bayes database that has learned something, so that a migration has something to carry.
train_spam_filter() {
  install -d -o redis -g redis /run/redis
  runuser -u redis -- redis-server /etc/redis/redis.conf --daemonize yes > /dev/null
  start_rspamd
  corpus=$(mktemp -d)
  mkdir "$corpus/ham" "$corpus/spam"
  for number in $(seq 20); do
    message ham "$number" 'Meeting notes agenda project review schedule minutes attached' > "$corpus/ham/$number"
    message spam "$number" 'Winner lottery pills discount casino cheap viagra millions transfer' > "$corpus/spam/$number"
  done
  rspamc learn_ham "$corpus/ham" > /dev/null
  rspamc learn_spam "$corpus/spam" > /dev/null
  rspamc stat | grep 'Messages learned: 40'
  stop_rspamd
  redis-cli shutdown save
  rm -r "$corpus"
}

message() {
  printf 'From: %s%s@example.com\nTo: john@example.org\nSubject: %s %s\nMessage-ID: <train-%s-%s@example.com>\n\n' \
    "$1" "$2" "$1" "$2" "$1" "$2"
  for word in $(seq 30); do
    echo "$3 number$2 word$word of the $1 training corpus $((word * $2))"
  done
}
