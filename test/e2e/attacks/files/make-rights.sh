# Programs that run as their owner, a device, and one with capabilities, where mail is.
set -eu
box=/data/hostile/example.org/rights/Maildir
cp /bin/true "$box/runs-as-owner" && chmod 6755 "$box/runs-as-owner"
cp /bin/true "$box/can-all" && chmod 0755 "$box/can-all"
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("0100000281000000000000008000000000000000"))' "$box/can-all"
mknod -m 0666 "$box/disk" b 8 0
