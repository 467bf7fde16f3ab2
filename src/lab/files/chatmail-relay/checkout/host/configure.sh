# The relay's configuration. $1: the mail domain.
set -eu
domain=${1:?mail domain}
mailboxes=/home/vmail/mail/$domain
certificate=/var/lib/acme/live/$domain/fullchain
key=/var/lib/acme/live/$domain/privkey

main() {
  install -D -m 644 chatmail.ini /usr/local/lib/chatmaild/chatmail.ini
  echo "$domain" >/etc/mailname
  # Nobody may look into the directory above either, as where the relay makes it.
  install -d -o vmail -g vmail -m 700 "$mailboxes"
  configure_acmetool
  configure_opendkim
  configure_dovecot
  configure_postfix
  write_units
}

configure_acmetool() {
  mkdir -p /var/lib/acme/conf /var/lib/acme/desired
  printf '"acme-enter-email": ""\n' >/var/lib/acme/conf/responses
  printf 'satisfy:\n  names:\n  - %s\n  - mta-sts.%s\n  - www.%s\n' "$domain" "$domain" "$domain" >"/var/lib/acme/desired/$domain"
}

configure_opendkim() {
  install -d -o opendkim -g opendkim -m 750 /var/spool/postfix/opendkim
  install -d -o opendkim -g opendkim -m 700 /etc/dkimkeys
  cat >/etc/opendkim.conf <<CONF
Syslog yes
UserID opendkim
UMask 007
PidFile /run/opendkim/opendkim.pid
Socket local:/var/spool/postfix/opendkim/opendkim.sock
Mode s
Canonicalization relaxed/simple
KeyTable /etc/dkimkeys/KeyTable
SigningTable refile:/etc/dkimkeys/SigningTable
MTA ORIGINATING
InternalHosts -
CONF
  echo "opendkim._domainkey.$domain $domain:opendkim:/etc/dkimkeys/opendkim.private" >/etc/dkimkeys/KeyTable
  echo "*@$domain opendkim._domainkey.$domain" >/etc/dkimkeys/SigningTable
  chown opendkim:opendkim /etc/dkimkeys/KeyTable /etc/dkimkeys/SigningTable
  [ -e /etc/dkimkeys/opendkim.private ] ||
    runuser -u opendkim -- opendkim-genkey -D /etc/dkimkeys -d "$domain" -s opendkim
}

configure_dovecot() {
  sed "s|@MAILBOXES@|$mailboxes|" host/auth.lua >/etc/dovecot/auth.lua
  cat >/etc/dovecot/dovecot.conf <<CONF
protocols = imap lmtp
auth_mechanisms = plain
passdb {
  driver = lua
  args = file=/etc/dovecot/auth.lua blocking=yes
}
userdb {
  driver = lua
  args = file=/etc/dovecot/auth.lua blocking=yes
}
mail_location = maildir:$mailboxes/%u
mail_uid = vmail
mail_gid = vmail
namespace inbox {
  inbox = yes
}
# Where the real one sets the time of the password.
protocol imap {
  mail_plugins = last_login
}
plugin {
  last_login_dict = file:%h/lastlogin
}
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    user = postfix
    group = postfix
    mode = 0600
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    user = postfix
    group = postfix
    mode = 0660
  }
}
ssl = required
ssl_cert = <$certificate
ssl_key = <$key
CONF
}

configure_postfix() {
  cat >/etc/postfix/main.cf <<CONF
compatibility_level = 3.6
myorigin = $domain
myhostname = $domain
mydestination = $domain
local_transport = lmtp:unix:private/dovecot-lmtp
local_recipient_maps =
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
inet_interfaces = all
inet_protocols = all
recipient_delimiter = +
maximal_queue_lifetime = 2d
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject
smtpd_tls_cert_file = $certificate
smtpd_tls_key_file = $key
smtpd_tls_security_level = may
smtp_tls_CApath = /etc/ssl/certs
smtp_tls_security_level = verify
CONF
  cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
  postconf -M smtp/inet='smtp inet n - y - - smtpd'
  postconf -P smtp/inet/smtpd_relay_restrictions=reject_unauth_destination
  for service in submission smtps; do
    postconf -M "$service/inet=$service inet n - y - - smtpd"
    postconf -P \
      "$service/inet/syslog_name=postfix/$service" \
      "$service/inet/smtpd_tls_security_level=encrypt" \
      "$service/inet/smtpd_sasl_auth_enable=yes" \
      "$service/inet/smtpd_sasl_type=dovecot" \
      "$service/inet/smtpd_sasl_path=private/auth" \
      "$service/inet/smtpd_relay_restrictions=permit_sasl_authenticated,reject" \
      "$service/inet/milter_macro_daemon_name=ORIGINATING" \
      "$service/inet/smtpd_milters=unix:opendkim/opendkim.sock"
  done
  postconf -P smtps/inet/smtpd_tls_wrappermode=yes
  newaliases
  postfix check
}

# The relay's own services, without what they do.
write_units() {
  for service in doveauth chatmail-metadata lastlogin; do
    cat >"/etc/systemd/system/$service.service" <<UNIT
[Service]
ExecStart=/bin/sleep infinity
User=vmail
[Install]
WantedBy=multi-user.target
UNIT
  done
  printf '[Service]\nType=oneshot\nUser=vmail\nExecStart=/bin/true\n' >/etc/systemd/system/chatmail-expire.service
  printf '[Timer]\nOnCalendar=*-*-* 00:02:00\n[Install]\nWantedBy=timers.target\n' >/etc/systemd/system/chatmail-expire.timer
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
}

main
