#!/bin/sh
# A Debian 12 host before the chatmail relay's cmdeploy came to it. Its packages are there, because the lab has no way out
# to fetch them, and none of their services is enabled. Runs as root inside the image.
set -eu
files=${1:?directory of the lab files}
. "$files/common/functions.sh"

prepare_host
install -D -m 644 "$files/common/root/etc/systemd/journald.conf.d/lab.conf" /etc/systemd/journald.conf.d/lab.conf
systemctl --quiet disable postfix dovecot.service dovecot.socket opendkim
