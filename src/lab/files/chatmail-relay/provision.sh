#!/bin/sh
# Makes a Debian 12 host a chatmail relay by the stages of the stand-in checkout. Runs as root inside the image.
set -eu
files=${1:?directory of the lab files}
. "$files/common/functions.sh"

main() {
  prepare_host
  install -D -m 644 "$files/common/root/etc/systemd/journald.conf.d/lab.conf" /etc/systemd/journald.conf.d/lab.conf
  # So that vmail has another number here than on a host without it.
  useradd --system --shell /usr/sbin/nologin iroh
  cd "$files/chatmail-relay/checkout"
  sh host/install.sh mail.example.org
  sh host/configure.sh mail.example.org
  # The lab's own are written before the first boot.
  rm /etc/dkimkeys/opendkim.private /etc/dkimkeys/opendkim.txt
  systemctl --quiet enable doveauth chatmail-metadata lastlogin chatmail-expire.timer
  echo unknown > /etc/chatmail-version
}

main
