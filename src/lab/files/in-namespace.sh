#!/bin/sh
# Runs a command in the network of a lab, with the lab's name server as its resolver:
# in-namespace.sh NAMESPACE RESOLV_CONF COMMAND...
# The file system stays the machine's own, but for /etc/resolv.conf.
set -eu
namespace=/run/netns/$1
export LAB_RESOLV_CONF="$2"
shift 2
# "slave": what is mounted in here stays in here, and what a lab unmounts goes away in here too.
exec nsenter --net="$namespace" unshare --mount --propagation slave sh -euc '
  target=$(readlink -f /etc/resolv.conf || :)
  if [ -e "$target" ]; then mount --bind "$LAB_RESOLV_CONF" "$target"; fi
  unset LAB_RESOLV_CONF
  exec "$@"' sh "$@"
