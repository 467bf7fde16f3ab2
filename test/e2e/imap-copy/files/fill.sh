#!/bin/sh
# Mail of two users: one large folder, and small ones with odd names, dates, flags and keywords.
set -eu
letters() {
  user=$1 folder=$2 count=$3
  directory=/srv/imap-copy/$user/$folder
  mkdir -p "$directory/cur" "$directory/new" "$directory/tmp"
  number=1
  while [ "$number" -le "$count" ]; do
    flags=$([ $((number % 3)) -eq 0 ] && echo S || echo FSa)
    file="$directory/cur/10000$number.M1P1.old:2,$flags"
    # Every fifth has no Message-ID.
    { [ $((number % 5)) -eq 0 ] || echo "Message-ID: <$number$folder@$user.example>"
      printf 'Subject: %s %s\nFrom: a@example.org\n\n' "$user" "$number"
      head -c $((number * 7)) /dev/zero | tr '\0' 'x'
      echo; } >"$file"
    touch -d "2001-02-03 04:05:06 UTC + $number minutes" "$file"
    number=$((number + 1))
  done
  echo '0 $Label1' >"$directory/dovecot-keywords"
}
letters anna "" 300
letters anna '.Lists.Gr&APw-n' 7
letters anna .Sent 5
letters bert "" 20
# The same message twice.
cp -p /srv/imap-copy/bert/cur/100001.M1P1.old:2,FSa /srv/imap-copy/bert/cur/100021.M1P1.old:2,FSa
printf 'Lists.Gr&APw-n\n' >/srv/imap-copy/anna/subscriptions
chown -R vmail:vmail /srv/imap-copy
