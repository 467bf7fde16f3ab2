# Makes what a hostile host can have: texts, file names, mailboxes, links, devices, programs. Every name that a shell would run
# leaves /tmp/attacked behind.
set -eu
export LC_ALL=C
esc=$(printf '\033')
mkdir -p /srv/hostile/names /data/hostile
{
  printf '%s\n' '{{old_host}} {{quote old_host}} {% raw %} $(touch /tmp/attacked) `touch /tmp/attacked`'
  printf '%s\n' "'; touch /tmp/attacked; '" '"; touch /tmp/attacked; "' '\"$(touch /tmp/attacked)'
  printf '%s\n' "${esc}[2J${esc}]0;title${esc}\\${esc}]52;c;cm0gLXJm${esc}\\${esc}[6n"
  printf 'ok\rFAILED\b\b\a\233[31m\302\2332J\342\200\256reversed\n'
} >/srv/hostile/says

long=$(printf '%0255d' 0)
i=0
for name in '$(touch /tmp/attacked)' '`touch /tmp/attacked`' '; touch %tmp%attacked' '{{old_host}}' "it's \"quoted\"" \
    '-rf' '--rsync-path=touch' "two
lines" "a tab	in it" 'back\slash\n' '*' '%s%n' "${esc}[2J" "$(printf '\377\376')" "$(printf '\342\200\256x')" "$long" \
    '=HYPERLINK("x")' '<script>x</script>' "' OR 1=1; --" '~root' '#' '|id' '&'; do
  file=$(printf '%s' "$name" | tr / %)
  : >"/srv/hostile/names/$file"
  i=$((i + 1))
  # As a user, as a folder, and as a message with an odd end.
  box=/data/hostile/example.org/$file/Maildir
  mkdir -p "$box/cur" "$box/new" "$box/tmp"
  folder=$(printf '.%s' "$file" | cut -b -200)
  mkdir -p "$box/$folder/cur" "$box/$folder/new" "$box/$folder/tmp"
  : >"$box/$folder/maildirfolder"
  message=$(printf '170000000%d.M%dP1.%s' "$i" "$i" "$file" | cut -b -200)
  printf 'Subject: %d\n\nhostile %d\n' "$i" "$i" >"$box/cur/$message:2,S"
  printf 'Subject: %d\n\nhostile %d too\n' "$i" "$i" >"$box/$folder/new/170000001$i.M${i}P1.host"
done

# Links that lead out: to a file, to a directory in the place of a folder, of a user and of `cur`.
box=/data/hostile/example.org/links/Maildir
mkdir -p "$box/cur" "$box/new" "$box/tmp" "$box/.Half"
printf 'Subject: x\n\nx\n' >"$box/cur/1700000099.M1P1.host:2,"
# One message under two names, a file with a hole in it, an attribute.
ln "$box/cur/1700000099.M1P1.host:2," "$box/cur/1700000096.M1P1.host:2,S"
truncate -s 8M "$box/hole" && printf x >>"$box/hole"
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"kept")' "$box/hole"
# And an access control list on a folder: www-data may read it.
mkdir -p "$box/.Shared/cur" "$box/.Shared/new" "$box/.Shared/tmp"
python3 -c '
import os, struct, sys
entries = [(1, 7, -1), (2, 5, 33), (4, 5, -1), (16, 5, -1), (32, 0, -1)]
packed = b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + packed)' "$box/.Shared"
ln -s /etc/shadow "$box/cur/1700000098.M1P1.host:2,"
ln -s /etc "$box/.Out"
ln -s /etc/cron.d "$box/.Half/cur"
ln -s /root /data/hostile/example.org/root

# What would give somebody rights on the other host.
box=/data/hostile/example.org/rights/Maildir
mkdir -p "$box/cur" "$box/new" "$box/tmp"
printf 'Subject: x\n\nx\n' >"$box/cur/1700000097.M1P1.host:2,"
