#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""disk_full_test.py - the disk fills up, and is given room again.

On a small tmpfs, with and without a floor of free space: appends end in 507,
nothing of the refused ones is stored, reads go on, above a floor deletes, too,
and when there is room again so do writes, without a restart.  Needs root, to
mount.
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


def by_command(count, database):
    """A command erases, too, and what is refused is one sentence."""
    for status, words, *arguments in (
            (1, "must stay", "append", "other", "x"),
            (0, "", "erase", "other", "--yes"),
            (1, "no session", "show", "other")):
        done = subprocess.run(
            [CHATMEM, *arguments, "--db", database], text=True,
            env={**os.environ, "CHATMEM_FREE_SPACE_FLOOR": "1000G"},
            capture_output=True, check=False)
        count.check(done.returncode == status and words in done.stderr and
                    done.stderr.count("\n") == bool(words), done)


def deletes(count, directory):
    """What a floor keeps free, more than the log, is for what makes room."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none",
                    directory], check=True)
    server = Server("--free-space-floor", "24M", directory=directory)
    try:
        client = server.client()
        for name in "spare", "other":
            client.post(f"/sessions/{name}/messages", ["a", "b"])
        count.check(fill(client)[1].status == 507, "it is full")
        cut = client.request("DELETE", "/sessions/spare/messages?last=1")
        count.check(cut.status == 200, "a cut", cut.status, cut.body)
        gone = client.request("DELETE", "/sessions/spare")
        count.check((gone.status, gone.json().get("proof")) == (200, "file"),
                    "an erasure", gone.status, gone.body)
        server.stop()
        by_command(count, server.database)
    finally:
        count.stopped(server)
        subprocess.run(["umount", "-l", directory], check=True)


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
        deletes(count, directory)
    count.close()


if __name__ == "__main__":
    main()
