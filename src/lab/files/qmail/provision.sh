#!/bin/sh
# Makes a Debian 13 host with a stand-in for qmail, under daemontools. Runs as root inside the image. Control files, users and
# homes differ from host to host, and are written before each first boot.
set -eu
files=${1:?directory of the lab files}
. "$files/common/functions.sh"

main() {
  prepare_host
  install_tree "$files/qmail/root"
  chmod 755 /service/*/run
  groupadd --system nofiles
  useradd --system --gid nofiles --home-dir /var/qmail/alias --shell /bin/false alias
  install_stand_in
  systemctl enable svscan.service
}

install_stand_in() {
  install -d -m 755 /var/qmail /var/qmail/bin /var/qmail/control /var/qmail/users /var/qmail/queue /mail
  install -d -m 2755 -o alias -g nofiles /var/qmail/alias
  # Forwards are put into the queue by the user whose they are: qmail-queue of the real one is setuid.
  install -d -m 1777 /var/qmail/queue/pid /var/qmail/queue/mess /var/qmail/queue/intd /var/qmail/queue/todo
  install -d -m 755 /var/qmail/queue/info /var/qmail/queue/local /var/qmail/queue/remote
  install -m 755 "$files/qmail/stand-in.pl" /var/qmail/bin/qmail-send
  for name in smtpd queue local remote qread qstat newu newmrh pop3d tcpserver; do
    ln -s qmail-send "/var/qmail/bin/qmail-$name"
  done
}

main
