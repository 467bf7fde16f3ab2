#!/bin/sh
# Runs on the machine while the base of a mail server's image is made, with the new root as $1, as long as apt still
# works in it. Roundcube itself would bring a web server and PHP; only the schema of its database is wanted.
set -eu
chroot "$1" sh -eu <<'IN'
cd /tmp
apt-get download -qq -o APT::Sandbox::User=root roundcube-core
dpkg-deb -x roundcube-core_*.deb roundcube
mkdir -p /usr/share/dbconfig-common/data
cp -r roundcube/usr/share/dbconfig-common/data/roundcube /usr/share/dbconfig-common/data/
rm -r roundcube roundcube-core_*.deb
IN
