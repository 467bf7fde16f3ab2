#!/bin/sh
# Makes a Debian 13 host the lab's name server: two BIND processes, a primary and its secondary. Zones, keys and
# named.conf differ from lab to lab and are written before each first boot.
set -eu
files=${1:?directory of the lab files}
. "$files/common/functions.sh"

prepare_host
install_tree "$files/dns/root"
systemctl disable named.service
systemctl mask named-resolvconf.service
systemctl enable lab-named@primary.service lab-named@secondary.service
