# SPDX-License-Identifier: MIT
"""database_faults.py - what happens to servers, and to the databases below.

Three servers, a primary and a standby that confirms what it gets.  What is
sent to a database goes through a relay, which may be slow, or break.
"""

import os
import random
import signal
import subprocess
import tempfile
import time

from cluster import Database, Standby
from harness import Server, wait_for
from preloaded import Control, library
from relay import Relay

SKEWS = 5, -5, 0    # seconds that each server's clock is off
DB_WAIT = 3
SETTINGS = "-c listen_addresses='' -c max_connections=150"
MIB = 1 << 20
WRITES = "SELECT pid FROM pg_stat_activity WHERE application_name = 'chatmem'"


class Pack:
    """The servers, as one that answers whoever is asked."""

    database = "/nowhere"   # no file of theirs has words in it

    def __init__(self, url, directory):
        self.servers = []
        preload = library("clock_fault", directory)
        for number, skew in enumerate(SKEWS):
            clock = Control(directory, 16, f"clock-{number}")
            clock.memory[:8] = skew.to_bytes(8, "little", signed=True)
            self.servers.append(Server(
                "--db", url, "--db-wait", str(DB_WAIT), "--db-readers", "4",
                preload=preload, env={"CLOCK_FAULT": clock.path}))

    @property
    def port(self):
        return random.choice(self.servers).port

    def client(self):
        return random.choice(self.servers).client()


class Disk:
    """Where a database is; only root can make it small."""

    def __init__(self, directory, name):
        self.path = os.path.join(directory, name)
        os.mkdir(self.path, 0o755)
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2g", "none", self.path],
            capture_output=True, check=False).returncode == 0

    def make(self, kind, *arguments):
        """A database that is there."""
        elsewhere, tempfile.tempdir = tempfile.tempdir, self.path
        try:
            database = kind(*arguments)
        finally:
            tempfile.tempdir = elsewhere
        database.disk = self
        return database

    def resize(self, size):
        if self.mounted:
            subprocess.run(["mount", "-o", f"remount,size={size}", self.path],
                           check=True)

    def used(self):
        there = os.statvfs(self.path)
        return (there.f_blocks - there.f_bfree) * there.f_frsize

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=True)


class Hosts:
    """A primary, its standby, and the ways to both."""

    def __init__(self, directory, confirms):
        self.confirms = confirms
        os.chmod(directory, 0o755)
        self.disks = [Disk(directory, name) for name in ("one", "other")]
        self.primary = self.disks[0].make(
            Database, SETTINGS, "local replication all trust\n")
        self.standby = self.disks[1].make(Standby, self.primary, confirms)
        self.ways = {disk: Relay(database) for disk, database in zip(
            self.disks, (self.primary, self.standby))}
        self.settle()

    def url(self):
        return ("postgresql:///postgres?user=chatmem"
                "&target_session_attrs=read-write&host=" + ",".join(
                    way.directory for way in self.ways.values()))

    def way(self):
        return self.ways[self.primary.disk]

    def settle(self):
        if self.confirms and not wait_for(
                lambda: self.standby.confirms(self.primary)):
            raise RuntimeError("the standby does not confirm")

    def fail_over(self):
        """The primary is dead."""
        dead, self.primary = self.primary, self.standby
        if self.primary.ask("SELECT pg_is_in_recovery()") == ["t"]:
            self.primary.promote()
        disk = dead.disk
        dead.end()
        self.standby = disk.make(Standby, self.primary, self.confirms)
        self.ways[disk].database = self.standby
        self.settle()

    def end(self):
        for way in self.ways.values():
            way.end()
        for database in (self.primary, self.standby):
            database.end()
        for disk in self.disks:
            disk.close()


class Faults:
    """Each lasts until it is over, or heal() ends it."""

    def __init__(self, directory, confirms=True):
        self.hosts = Hosts(directory, confirms)
        self.server = Pack(self.hosts.url(), directory)

    def close(self):
        for server in self.server.servers:
            server.end()
        self.hosts.end()

    # --- the servers ---------------------------------------------------------

    def kill(self):
        for server in self.server.servers:
            server.kill()
            server.start()
            time.sleep(random.uniform(0, 0.2))

    def stop(self):
        """So short that nobody minds, then so long that its locks are gone."""
        for seconds in 0.1, DB_WAIT + 1:
            server = random.choice(self.server.servers)
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            server.process.send_signal(signal.SIGCONT)

    # --- the databases -------------------------------------------------------

    def kill_primary(self):
        self.hosts.primary.kill()
        self.hosts.fail_over()

    def stop_primary(self):
        """Whoever promotes its standby sees to it that it never goes on."""
        self.hosts.primary.signal(signal.SIGSTOP)
        self.hosts.standby.promote()
        time.sleep(random.uniform(0, DB_WAIT + 1))
        self.hosts.primary.kill()
        self.hosts.fail_over()

    def crash(self):
        """It comes back with what it had on its disk."""
        self.hosts.primary.stop()
        self.hosts.primary.start()

    def cut(self):
        """Connections, before a commit, at it and after it."""
        for how in ("before", "late", "after") * 4:
            way = self.hosts.way()
            way.broke.clear()
            way.arrives.clear()
            way.breaks = how
            way.broke.wait(2)
            time.sleep(random.uniform(0, 0.1))
            way.breaks = None
            way.arrives.set()

    def delay(self):
        for way in self.hosts.ways.values():
            way.delay = random.uniform(0.00025, 0.002)
        time.sleep(1)
        self.cut()

    def terminate(self):
        for _ in range(6):
            self.hosts.primary.ask("SELECT pg_terminate_backend(pid) FROM"
                                   f" ({WRITES} AND random() < 0.5) AS some")
            time.sleep(random.uniform(0, 0.2))

    def cancel(self):
        """Commits that wait for a standby are told not to."""
        self.hosts.standby.signal(signal.SIGSTOP)
        for _ in range(3):
            waiting = WRITES + " AND wait_event = 'SyncRep'"
            wait_for(lambda: self.hosts.primary.ask(waiting), 2)
            self.hosts.primary.ask(
                f"SELECT pg_cancel_backend(pid) FROM ({waiting}) AS some")
        self.hosts.standby.signal(signal.SIGCONT)

    def fill_disk(self):
        """So much of it is left as some appends need."""
        disk = self.hosts.primary.disk
        if disk.mounted:
            disk.resize(disk.used() + random.randrange(MIB // 4, 2 * MIB))
            time.sleep(2)

    def hold_standby(self):
        """It gets nothing, and becomes the primary."""
        self.hosts.standby.signal(signal.SIGSTOP, "walreceiver")
        time.sleep(2)
        self.hosts.primary.kill()
        self.hosts.standby.signal(signal.SIGCONT, "walreceiver")
        self.hosts.fail_over()

    # --- and afterwards ------------------------------------------------------

    def heal(self):
        for way in self.hosts.ways.values():
            way.delay, way.breaks = 0, None
        for disk in self.hosts.disks:
            disk.resize("2g")
        if self.hosts.primary.ask("SELECT 1") != ["1"]:
            self.hosts.primary.start()
        for server in self.server.servers:
            if not wait_for(server.takes_writes):
                raise RuntimeError("no writes:\n" + "".join(server.log[-40:]))


FAULTS = (Faults.kill_primary, Faults.cut, Faults.kill, Faults.cancel,
          Faults.terminate, Faults.stop_primary, Faults.delay, Faults.stop,
          Faults.crash, Faults.fill_disk)
