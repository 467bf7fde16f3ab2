#!/bin/sh
# Makes a Debian 13 host the mail server of the ISPmail guide for Trixie. Runs as root inside the image.
set -eu
files=${1:?directory of the lab files}
. "$files/common/functions.sh"

main() {
  prepare_host
  # For the tests that copy databases of its kind, which start it.
  systemctl disable postgresql.service
  groupadd --system vmail
  useradd --system --gid vmail vmail
  install_tree "$files/common/root"
  install_tree "$files/ispmail-trixie/root"
  echo mail-new.example.org > /etc/mailname
  # Let's Encrypt would not give this host a certificate for mail.example.org before the switch.
  make_own_certificate mail-new.example.org
  configure_postfix
  configure_dovecot
  configure_rspamd
  load_databases
}

configure_postfix() {
  chgrp postfix /etc/postfix/mariadb-*.cf
  chmod u=rw,g=r,o= /etc/postfix/mariadb-*.cf
  postconf -e \
    myhostname=mail-new.example.org \
    'mydestination=$myhostname, localhost.example.org, localhost' \
    virtual_mailbox_domains=mysql:/etc/postfix/mariadb-virtual-mailbox-domains.cf \
    virtual_mailbox_maps=mysql:/etc/postfix/mariadb-virtual-mailbox-maps.cf \
    virtual_alias_maps=mysql:/etc/postfix/mariadb-virtual-alias-maps.cf,mysql:/etc/postfix/mariadb-email2email.cf \
    virtual_transport=lmtp:unix:private/dovecot-lmtp \
    'smtpd_recipient_restrictions=reject_unauth_destination check_policy_service unix:private/quota-status' \
    smtpd_sender_login_maps=mysql:/etc/postfix/mariadb-email2email.cf \
    smtpd_tls_security_level=encrypt \
    'smtpd_tls_mandatory_protocols=>=TLSv1.2' \
    smtpd_tls_mandatory_ciphers=high \
    smtpd_tls_cert_file=/etc/letsencrypt/live/mail.example.org/fullchain.pem \
    smtpd_tls_key_file=/etc/letsencrypt/live/mail.example.org/privkey.pem \
    smtp_tls_security_level=encrypt \
    'smtp_tls_mandatory_protocols=>=TLSv1.2' \
    smtp_tls_mandatory_ciphers=high \
    smtpd_milters=inet:127.0.0.1:11332 \
    non_smtpd_milters=inet:127.0.0.1:11332 \
    inet_protocols=all
  add_submission submission smtpd_tls_security_level=encrypt
  add_submission submissions smtpd_tls_wrappermode=yes
  newaliases
  # Makes the queue directories that Dovecot wants to put its sockets into.
  postfix check
}

add_submission() {
  postconf -M "$1/inet=$1 inet n - y - - smtpd"
  postconf -P "$1/inet/syslog_name=postfix/$1" "$1/inet/$2" \
    "$1/inet/smtpd_sasl_auth_enable=yes" \
    "$1/inet/smtpd_sasl_type=dovecot" \
    "$1/inet/smtpd_sasl_path=private/dovecot-auth" \
    "$1/inet/smtpd_recipient_restrictions=permit_sasl_authenticated,reject" \
    "$1/inet/smtpd_sender_restrictions=reject_sender_login_mismatch,permit_sasl_authenticated,reject"
}

configure_dovecot() {
  # Only the SQL users have mailboxes.
  sed -i '/!include/s/^/#/' /etc/dovecot/conf.d/10-auth.conf
  install -d -o vmail -g vmail -m 0750 /var/vmail
  chmod go= /etc/dovecot/conf.d/99-ispmail-sql.conf
  sievec /etc/dovecot/sieve/spam-to-junk-folder.sieve
}

configure_rspamd() {
  install -d -o _rspamd -g _rspamd /var/lib/rspamd/dkim
  : > /etc/rspamd/dkim_selectors.map
  start_rspamd
  stop_rspamd
}

load_databases() {
  tables=$(mktemp)
  { echo 'USE roundcube;'; cat /usr/share/dbconfig-common/data/roundcube/install/mysql; } > "$tables"
  load_sql "$files/ispmail-trixie/sql/10-mailserver.sql" "$files/ispmail-trixie/sql/20-roundcube.sql" "$tables"
  rm "$tables"
}

main
