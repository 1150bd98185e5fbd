#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""disk_full_test.py - the disk fills up, and is given room again.

On a small tmpfs, with and without a floor of free space: appends end in 507,
nothing of the refused ones is stored, reads go on, and when there is room
again so do writes, without a restart.  Needs root, to mount.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import CHATMEM, Count, Server, wait_for

TEXT = "x" * 100000


def fill(client):
    """Appends until it is refused; how many were taken, and the refusal."""
    for number in range(10000):
        reply = client.post("/sessions/full/messages", [f"{number}", TEXT])
        if reply.status != 201:
            return number, reply
    return number, None


def history(client):
    """The short messages, which number the appends."""
    page = client.get("/sessions/full/messages?limit=10000").json()
    texts = [message["data"]["content"] for message in page["messages"]]
    return texts[0::2], set(texts[1::2])


def run(count, directory, floor, size):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none",
                    directory], check=True)
    server = Server("--free-space-floor", floor, directory=directory)
    try:
        client = server.client()
        number, refusal = fill(client)
        count.check(refusal and refusal.status == 507, floor, refusal and
                    (refusal.status, refusal.body))
        count.check(refusal.json()["error"]["code"] == "storage", floor)
        whole = [str(i) for i in range(number)], {TEXT}
        count.check(number > 10 and history(client) == whole, floor, number)
        count.check(client.get("/healthz").status == 200, floor)
        copied = subprocess.run(
            [CHATMEM, "backup", f"{directory}/copy.db", "--db",
             server.database], capture_output=True, text=True, check=False)
        count.check(copied.returncode == 1 and copied.stderr ==
                    "chatmem: there is no room left for the copy\n" and
                    not [name for name in os.listdir(directory)
                         if name.startswith("copy")], floor, copied)
        # Also where the few bytes of a probe would still find room.
        ready = client.get("/readyz").status
        count.check(ready == 507, floor, "ready:", ready)
        count.check(server.says("the disk is full: writes are refused"),
                    floor, "not said")
        subprocess.run(["mount", "-o", "remount,size=64m", directory],
                       check=True)
        again = client.post("/sessions/full/messages", [str(number), TEXT])
        count.check(again.status == 201, floor, again.status, again.body)
        count.check(server.says("the disk has room again"), floor, "not said")
        count.check(wait_for(lambda: client.get("/readyz").status == 200),
                    floor, "not ready again")
        count.check(sum("the disk is full: writes" in line
                        for line in server.log) == 1, floor, "said again")
        server.kill()
        server.start()
        whole[0].append(str(number))
        count.check(history(server.client()) == whole, floor, "after a kill")
    finally:
        count.stopped(server)
        subprocess.run(["umount", "-l", directory], check=True)


def main():
    count = Count()
    if os.geteuid() != 0:
        print("skipped: only root can mount a small disk")
        count.close()
    with tempfile.TemporaryDirectory() as directory:
        run(count, directory, "0", "6m")
        run(count, directory, "4M", "10m")
    count.close()


if __name__ == "__main__":
    main()
