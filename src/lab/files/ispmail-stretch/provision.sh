#!/bin/sh
# Makes a Debian 11 host the mail server of the ISPmail guide for Stretch. Runs as root inside the image.
set -eu
files=${1:?directory of the lab files}
role=old
. "$files/common/functions.sh"
. "$files/common/ispmail/functions.sh"

main() {
  prepare_host
  install_ispmail
  forget_quota
  configure_postfix
  configure_dovecot
  load_schema ''
  load_people
  rm -r /etc/letsencrypt
  remove_rspamd
}

# The guide had no quota yet.
forget_quota() {
  rm /etc/dovecot/conf.d/90-quota.conf /etc/dovecot/conf.d/20-imap.conf
  sed -i '/mail_plugins = quota/d' /etc/dovecot/conf.d/10-mail.conf
  sed -i '/quota_rule/d' /etc/dovecot/dovecot-sql.conf.ext
}

# Many servers of that time had SpamAssassin, or an Rspamd that knew no Redis. There is no mail filter at all here.
remove_rspamd() {
  postconf -X smtpd_milters non_smtpd_milters
  DEBIAN_FRONTEND=noninteractive dpkg --purge rspamd redis-server redis-tools
  rm -rf /etc/rspamd /var/lib/rspamd /etc/redis /var/lib/redis
}

main
