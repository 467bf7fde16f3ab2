#!/bin/sh
# Runs one host of a lab for as long as it lives: launch.sh CGROUP... -- COMMAND...
# The host gets a cgroup of its own in every hierarchy; else two hosts would share one tree, and stopping a service of
# one would meet the other's processes. A reboot inside the host ends the command with 133: it is started again.
set -u
umask 022
while [ "$1" != -- ]; do
  echo $$ > "$1/cgroup.procs" || exit 1
  shift
done
shift
while :; do
  "$@"
  code=$?
  [ "$code" = 133 ] || exit "$code"
done
