# SPDX-License-Identifier: MIT
"""faults - what happens to the server while its clients are at work.

A condition lasts for a round; an end comes when so many requests have been
acknowledged, and a start follows it.
"""

import os
import signal
import struct
import subprocess
import tempfile
import time

from harness import Server, wait_for
from ledger import files
from preloaded import Control, library

LIBRARIES = "malloc_fault", "clock_fault", "disk_fault"
COUNTS = {"malloc_fault": 2, "disk_fault": 3}    # where calls are counted
KILL, WRITE, FULL, READ = range(4)
YEAR, DAY = 365 * 86400, 86400
MIB = 1 << 20


class Faults:
    """A server that can be hurt, on a disk that can be small."""

    def __init__(self, directory, choose, book):
        self.choose = choose
        self.figures = book.figures
        os.makedirs(directory, exist_ok=True)
        self.controls = {}
        env = {}
        for name in LIBRARIES:
            self.controls[name] = Control(directory, 32, name)
            env[name.upper()] = self.controls[name].path
        self.preload = ":".join(library(name, directory)
                                for name in LIBRARIES)
        self.disk = os.path.join(directory, "disk")
        os.mkdir(self.disk)
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1g", "none", self.disk],
            capture_output=True).returncode == 0
        if not self.mounted:
            print("only root can mount a small disk: it is never full")
        self.server = Server("--free-space-floor", "0", directory=self.disk,
                             preload=self.preload, env=env)

    def close(self):
        self.server.end()
        if self.mounted:
            subprocess.run(["umount", "-l", self.disk], check=True)

    def tell(self, name, *values):
        """The first value arms the library, so it is written last."""
        memory = self.controls[name].memory
        memory[8:8 * len(values)] = struct.pack(
            f"{len(values) - 1}q", *values[1:])
        memory[:8] = struct.pack("q", values[0])

    def met(self, name):
        """Has the call that fails come?"""
        values = struct.unpack("4q", self.controls[name].memory)
        return values[0] and values[COUNTS[name]] >= values[0]

    def is_running(self):
        return self.server.process.poll() is None

    # --- conditions ----------------------------------------------------------

    def starve(self):
        """An allocation fails, alone or with some that follow it."""
        self.tell("malloc_fault", self.choose.randrange(1, 20000),
                  self.choose.random() < 0.3, 0)

    def fail_writes(self):
        self.tell("disk_fault", self.choose.randrange(1, 400), WRITE,
                  self.choose.choice((1, 1, 5, 50)), 0)

    def fail_reads(self):
        self.tell("disk_fault", self.choose.randrange(1, 400), READ,
                  self.choose.choice((1, 1, 5, 50)), 0)

    def refuse_room(self):
        """As a full disk does, for some calls."""
        self.tell("disk_fault", self.choose.randrange(1, 400), FULL,
                  self.choose.choice((1, 5, 50)), 0)

    def fill_disk(self):
        """So much of it is left as some appends need."""
        if self.mounted:
            self.resize(files.size(self.server) +
                        self.choose.randrange(MIB // 4, 2 * MIB))

    def resize(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.disk],
                       check=True)

    def turn_clock(self):
        self.tell("clock_fault", self.choose.choice(
            (10 * YEAR, -10 * YEAR, 2 * DAY, -2 * DAY, 3600, -5)), 0)

    def heal(self):
        self.figures["faults met"] += sum(
            bool(self.met(name)) for name in COUNTS)
        for name in LIBRARIES:
            self.tell(name, 0, 0, 0, 0)
        if self.mounted:
            self.resize("1g")

    # --- ends ----------------------------------------------------------------

    def kill(self):
        time.sleep(self.choose.uniform(0, 0.005))   # within a request
        self.server.kill()

    def kill_at_a_change(self, over):
        """Before the nth change of the disk from now on."""
        self.tell("disk_fault", self.choose.randrange(1, 300), KILL, 1, 0)
        wait_for(lambda: not self.is_running() or over())
        self.server.kill()

    def kill_stopped(self):
        self.pause()
        self.server.kill()

    def pause(self):
        self.server.process.send_signal(signal.SIGSTOP)
        time.sleep(self.choose.uniform(0, 0.05))

    def go_on(self):
        self.pause()
        self.server.process.send_signal(signal.SIGCONT)

    def terminate(self):
        """SIGTERM while requests are open."""
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait()
        self.server.reader.join()

    def start(self):
        """Starts it, if need be: one whose disk failed ends by itself."""
        if not wait_for(self.is_well):
            raise RuntimeError("no writes:\n" + "".join(self.server.log[-40:]))

    def is_well(self):
        if not self.is_running():
            self.server.reader.join()
            self.server.start()
        return self.server.takes_writes()

    def kill_starts(self):
        """Before the nth change of the disk of a start."""
        self.tell("disk_fault", self.choose.randrange(1, 40), KILL, 1, 0)
        try:
            self.server.start()
        except RuntimeError:
            self.server.process.wait()
            return True     # it did not come so far
        self.tell("disk_fault", 0, 0, 0, 0)
        return False


# How often each comes, and how clients may be refused then.
CONDITIONS = (
    (None, 8, ()), (Faults.starve, 3, (503,)), (Faults.fail_writes, 3, (503,)),
    (Faults.fail_reads, 2, (500, 503)), (Faults.refuse_room, 2, (503, 507)),
    (Faults.fill_disk, 2, (503, 507)), (Faults.turn_clock, 2, ()))
KILLS = Faults.kill, Faults.kill_at_a_change, Faults.kill_stopped
OTHERS = Faults.terminate, Faults.go_on, None
