#!/bin/sh
# Makes a Debian 11 host the mail server of the ISPmail guide for Bullseye. Runs as root inside the image.
set -eu
files=${1:?directory of the lab files}
role=old
. "$files/common/functions.sh"
. "$files/common/ispmail/functions.sh"

main() {
  prepare_host
  # For the tests that copy databases of its kind, which start it.
  systemctl disable postgresql.service
  install_ispmail
  configure_postfix 'check_policy_service unix:private/quota-status'
  configure_dovecot
  configure_rspamd
  load_schema 'quota int(11) NOT NULL DEFAULT 0,'
  load_people "$files/common/ispmail/sql/40-quota.sql"
  train_spam_filter
  rm -r /etc/letsencrypt
}

main
