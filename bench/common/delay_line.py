"""A line with a delay between the network namespace it is started in and a new one of its own.

delay_line.py NEAR-ADDRESS FAR-ADDRESS SECONDS: makes a tun device at both ends, says "ready" and carries every packet SECONDS
later, until its standard input ends. The far namespace is that of this process.
"""
import collections, ctypes, fcntl, os, select, struct, subprocess, sys, time

TUNSETIFF, IFF_TUN_NO_PI, CLONE_NEWNET = 0x400454CA, 0x1001, 0x40000000


def tun(name, own, other):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    subprocess.run(["ip", "address", "add", own, "peer", other, "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return device


def main(near, far, delay):
    near_end = tun("near", near, far)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace can't be made")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    far_end = tun("far", far, near)
    print("ready", flush=True)
    other_end = {near_end: far_end, far_end: near_end}
    waiting = collections.deque()
    while True:
        patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([near_end, far_end, sys.stdin], [], [], patience)
        if sys.stdin in readable:
            return
        for end in readable:
            waiting.append((time.monotonic() + delay, other_end[end], os.read(end, 65536)))
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, packet = waiting.popleft()
            os.write(end, packet)


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
