#!/bin/sh
# Makes a Debian 12 host the mail server of the ISPmail guide for Buster, still empty. Runs as root inside the image.
set -eu
files=${1:?directory of the lab files}
role=new
. "$files/common/functions.sh"
. "$files/common/ispmail/functions.sh"

main() {
  prepare_host
  install_ispmail
  configure_postfix 'check_policy_service unix:private/quota-status'
  configure_dovecot
  configure_rspamd
  load_schema 'quota int(11) NOT NULL DEFAULT 0,'
  warm_up_rspamd
}

warm_up_rspamd() {
  : > /etc/rspamd/dkim_selectors.map
  start_rspamd
  stop_rspamd
}

main
