#!/bin/sh
# Runs a command inside a host of a lab: enter.sh CGROUP... -- PID COMMAND...
# The cgroups are the ones that `lab down` empties, so nothing that was started here can outlive the lab.
set -u
while [ "$1" != -- ]; do
  echo $$ > "$1/cgroup.procs" || exit 1
  shift
done
shift
leader=$1
shift
exec nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --wd -- "$@"
