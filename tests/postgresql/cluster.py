# SPDX-License-Identifier: MIT
"""cluster.py - a PostgreSQL server of the test's own.

In a temporary directory, on a socket there, as a user that is not root.
"""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile

# Where they are, in the order of their versions: the oldest that we mean to
# support first.
PROGRAMS = glob.glob(os.environ.get("CHATMEM_TEST_POSTGRESQL_BIN", "")) or \
    sorted(glob.glob("/usr/lib/postgresql/*/bin"))
# As root, PostgreSQL's own user runs the server.
AS_USER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


class Session:
    """Somebody else at the database, who does one statement after the other."""

    def __init__(self, database):
        self.process = subprocess.Popen(
            ["psql", database.url(), "-qAtX"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def begin(self, sql):
        """Does not wait until it is done."""
        self.process.stdin.write(sql + ";\n\\echo done\n")
        self.process.stdin.flush()

    def answer(self):
        """The rows, a line each, of what was begun."""
        lines = []
        while (line := self.process.stdout.readline()) not in ("done\n", ""):
            lines.append(line.rstrip("\n"))
        return lines

    def run(self, sql):
        self.begin(sql)
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Database:
    """A cluster that lasts as long as the test.

    Nothing is seen to the disk, unless the options say so, and by the socket
    everybody is let in.
    """

    def __init__(self, options="-c listen_addresses='' -c fsync=off",
                 lets_in=""):
        self.directory = tempfile.mkdtemp(prefix="chatmem-pg-")
        self.data = os.path.join(self.directory, "data")
        if AS_USER:
            shutil.chown(self.directory, "postgres")
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "chatmem",
                 "-E", "UTF8", "--locale=C.UTF-8", "-N")
        with open(os.path.join(self.data, "pg_hba.conf"), "w",
                  encoding="ascii") as file:
            file.write("local all all trust\n" + lets_in)
        self.settings = options
        self.options = f"-k {self.directory} {options}"
        port = re.search(r"port=(\d+)", options)
        self.port = port[1] if port else "5432"
        self.start()

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-t", "120", "-l",
                 os.path.join(self.directory, "log"), "-o", self.options,
                 "start")

    def stop(self):
        """As kill -9 does."""
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    def processes(self):
        """The first of them began the others."""
        with open(os.path.join(self.data, "postmaster.pid"),
                  encoding="ascii") as file:
            first = file.readline().strip()
        with open(f"/proc/{first}/task/{first}/children",
                  encoding="ascii") as file:
            return [int(process) for process in (first, *file.read().split())]

    def signal(self, number, word=""):
        """To each of its processes that has this word in its title."""
        for process in self.processes():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                # A process that has ended meanwhile needs no signal.
                with open(f"/proc/{process}/cmdline",
                          encoding="utf-8") as file:
                    meant = word in file.read()
                if meant:
                    os.kill(process, number)

    def kill(self):
        """All of it at once."""
        self.signal(signal.SIGKILL)
        os.remove(os.path.join(self.data, "postmaster.pid"))

    def run(self, program, *arguments):
        subprocess.run([*AS_USER, os.path.join(PROGRAMS[0], program),
                        *arguments], check=True, cwd=self.directory,
                       stdout=subprocess.DEVNULL)

    def url(self, name="postgres"):
        """To which options may be added."""
        return (f"postgresql:///{name}?host={self.directory}"
                f"&port={self.port}&user=chatmem")

    def empty(self, name):
        """The URL of a schema of this name, which is made."""
        self.refuses(f'CREATE SCHEMA "{name}"')
        return f"{self.url()}&options=-csearch_path%3D%22{name}%22"

    def session(self):
        return Session(self)

    def waiting(self, count):
        """Do so many sessions wait for a lock?"""
        with_lock = self.ask("SELECT count(*) FROM pg_stat_activity"
                             " WHERE wait_event_type = 'Lock'")
        return int(with_lock[0]) >= count

    def ask(self, sql):
        """The rows, a line each."""
        session = self.session()
        try:
            return session.run(sql)
        finally:
            session.end()

    def refuses(self, sql, name="postgres"):
        """What the server says against it; "" when it takes it."""
        return subprocess.run(
            ["psql", self.url(name), "-qX", "-v", "ON_ERROR_STOP=1"],
            input=sql, text=True, capture_output=True,
            check=False).stderr.strip()

    def end(self):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):
            self.signal(signal.SIGCONT)
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class Standby(Database):
    """What a primary sends, and confirms: nothing is acknowledged before.

    The primary lets in replications.  Or nobody waits until it confirms.
    """

    def __init__(self, primary, confirms=True):
        self.directory = tempfile.mkdtemp(prefix="chatmem-pg-")
        self.data = os.path.join(self.directory, "data")
        if AS_USER:
            shutil.chown(self.directory, "postgres")
        self.run("pg_basebackup", "-h", primary.directory, "-U", "chatmem",
                 "-D", self.data, "-R", "-X", "stream", "-c", "fast")
        self.settings = primary.settings
        self.options = f"-k {self.directory} {self.settings}"
        self.port = primary.port
        self.start()
        if confirms:
            primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.ask("SELECT pg_reload_conf()")

    def confirms(self, primary):
        return primary.ask("SELECT sync_state FROM pg_stat_replication") == \
            ["sync"]

    def promote(self):
        self.run("pg_ctl", "-D", self.data, "-w", "promote")
