# SPDX-License-Identifier: MIT
"""systems.py - what the table of `tests/run bench` has side by side.

A system is a row of SYSTEMS: processes over a directory of their own, on a
disk, which serve with two threads or processes.  What it is asked is in the
dialects: a kind of request by its name, or two of which the second is a tenth.
"""

import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.parse

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "postgresql")]

from cluster import Database
from harness import (CHATMEM, PATIENCE, TOP, Client, Unanswered, free_port,
                     listens, started_by, wait_for)
from words import prose

# What users have: optimized as a whole, with one engine.
PROGRAM = os.environ.get("CHATMEM_BENCH", CHATMEM)
PEERS = f"{TESTS}/bench/peers"
NODE = f"{TOP}/build-test/node-bench"
PYTHON = f"{TOP}/build-test/python-bench/bin/python"
# What a message has besides its text: {"type":"human","data":{"content":""}}.
AROUND = 37
NEWEST = 20     # messages of a session that turns are saved to
TURN = 100      # of one that is read
LONG = 1000     # of one that is read as a whole
TEXTS = 1000    # that differ


def chatmem(text):
    message = json.dumps({"type": "human", "data": {"content": text}})
    turn = json.dumps({"inputs": {"input": text},
                       "outputs": {"response": text}})
    return {
        "append": [("POST", "/sessions/s@/messages", message)],
        "save": [("POST", "/sessions/t@/save", turn)],
        "newest": [("GET", "/sessions/r@/messages?last=20", "")],
        "load20": [("GET", "/sessions/r@/load?last=20", "")],
        "load100": [("GET", "/sessions/r@/load?last=100", "")],
        "whole": [("GET", f"/sessions/w@/messages?limit={LONG}", "")],
        "mix": [("GET", "/sessions/m@/load?last=20", ""),
                ("POST", "/sessions/m@/save", turn)],
    }


def floor(text):
    """It knows a session by its number."""
    return {kind: chatmem(text)[kind] for kind in ("append", "newest")}


def redis(text):
    """Texts are made of the messages by whoever asks."""
    said = "/" + urllib.parse.quote(chatmem(text)["append"][0][2], safe="")
    return {
        "append": [("POST", "/", f"RPUSH/s@{said}")],
        "save": [("POST", "/", f"RPUSH/t@{said}{said}")],
        "newest": [("GET", "/LRANGE/r@/-20/-1", "")],
        "load20": [("GET", "/LRANGE/r@/-20/-1", "")],
        "load100": [("GET", "/LRANGE/r@/-100/-1", "")],
        "whole": [("GET", "/LRANGE/w@/0/-1", "")],
        "mix": [("GET", "/LRANGE/m@/-20/-1", ""),
                ("POST", "/", f"RPUSH/m@{said}{said}")],
    }


def bare(text):
    """A reply of chatmem's, by the name of the kind."""
    kinds = {}
    for kind, requests in chatmem(text).items():
        method, _, body = requests[0]
        kinds[kind] = [(method, f"/{kind}", body)]
    kinds["mix"] = kinds["load20"] + kinds["save"]
    return kinds


class System:
    """Processes, and how they are asked; `size` is a message's in bytes."""

    kept = True     # what it has taken is there when it starts again
    first = "/sessions/none/messages?last=20"

    def __init__(self, directory, size, dialect):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self.port = free_port()
        self.processes = []
        self.shuffled = random.Random(7)
        self.length = size - AROUND
        self.texts = [prose(self.length, self.shuffled)
                      for _ in range(TEXTS)]
        self.requests = dialect(self.texts[0])

    def run(self, *command, **more):
        self.processes.append(subprocess.Popen(
            [str(word) for word in command], cwd=self.directory,
            **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
               **more}))
        return self.processes[-1]

    def start(self):
        """Returns the seconds until it has answered."""
        begun = time.perf_counter()
        self.launch()
        while not self.answers():
            if time.perf_counter() - begun > PATIENCE:
                raise Unanswered(f"{type(self).__name__} does not answer")
            time.sleep(0.001)
        return time.perf_counter() - begun

    def answers(self):
        client = self.client()
        try:
            return client.get(self.first).status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def client(self):
        return Client(self.port)

    def pids(self):
        return [pid for process in self.processes
                for pid in started_by(process.pid)]

    def stop(self, kill=False):
        """The last that was started ends first."""
        while self.processes:
            process = self.processes.pop()
            pids = started_by(process.pid) if kill else [process.pid]
            for pid in pids:
                os.kill(pid, 9 if kill else 15)
            process.wait()

    end = stop

    def fill(self, sessions, long_sessions):
        """Returns how many messages it was given."""
        client = self.client()
        families = (("r", sessions, TURN), ("m", sessions, NEWEST),
                    ("w", long_sessions, LONG))
        for family, count, messages in families:
            for number in range(1, count + 1):
                self.give(client, f"{family}{number}",
                          self.shuffled.choices(self.texts, k=messages))
        client.close()
        return sum(count * messages for _, count, messages in families)

    def give(self, client, session, texts):
        reply = client.post(
            f"/sessions/{session}/messages",
            [{"type": "human", "data": {"content": text}} for text in texts],
            headers={"Content-Type": "application/json"})
        if reply.status != 201:
            raise Unanswered(f"{reply.status} {reply.body}")

    def stored(self):
        """Bytes of its files."""
        return sum(os.path.getsize(os.path.join(path, name))
                   for path, _, names in os.walk(self.directory)
                   for name in names)


class Chatmem(System):
    program = PROGRAM
    url = "chatmem.db"

    def __init__(self, directory, size):
        super().__init__(directory, size, chatmem)

    def launch(self):
        self.run(self.program, "--listen", f"127.0.0.1:{self.port}", "--db",
                 self.url, "--log-level", "warning")

    def behind(self):
        """Messages that the index has not."""
        client = self.client()
        figures = client.get("/metrics").body.decode()
        client.close()
        return sum(float(line.split()[1]) for line in figures.splitlines()
                   if line.startswith("chatmem_search_behind_messages "))


class OnPostgresql(Chatmem):
    """The same over a PostgreSQL beside it."""

    program = CHATMEM
    OPTIONS = "-c listen_addresses='' -c shared_buffers=1GB" \
        " -c max_wal_size=4GB"

    def __init__(self, directory, size):
        super().__init__(directory, size)
        self.cluster = Database(self.OPTIONS)
        self.url = self.cluster.url()

    def pids(self):
        return super().pids() + self.cluster.processes()

    def stored(self):
        return int(self.cluster.ask("SELECT pg_database_size('postgres')")[0])

    def end(self):
        self.stop()
        self.cluster.end()


class Printed(System):
    """It chooses its port, and says so."""

    kept = False

    def listen(self, *command):
        process = self.run(*command, stdout=subprocess.PIPE)
        self.port = int(process.stdout.readline().split(b"=")[1])

    def fill(self, sessions, long_sessions):
        return 0


class Floor(Printed):
    def __init__(self, directory, size):
        super().__init__(directory, size, floor)

    def launch(self):
        self.listen(f"{TOP}/build-test/floor", f"{self.directory}/floor.db")


class Bare(Printed):
    """It sends what `say` was given."""

    first = "/append"

    def __init__(self, directory, size):
        super().__init__(directory, size, bare)

    def say(self, other):
        """The answers of another system to each kind of request."""
        client = other.client()
        for kind, ((method, path, body), *_) in other.requests.items():
            reply = client.request(
                method, path.replace("@", "1"), body or None)
            with open(f"{self.directory}/{kind}", "wb") as file:
                file.write(reply.body + b"\n")
        client.close()

    def launch(self):
        self.listen(f"{TOP}/build-test/bare", *(
            f"{self.directory}/{kind}" for kind in self.requests))


class OverRedis(System):
    """A Redis, and what stands before it."""

    def launch(self):
        self.redis = free_port()
        self.run("redis-server", "--port", self.redis, "--bind", "127.0.0.1",
                 "--dir", self.directory, "--appendonly", "yes",
                 "--appendfsync", self.fsync, "--save", "")
        wait_for(lambda: listens(self.redis))
        self.launch_before()


class Webdis(OverRedis):
    first = "/PING"

    def __init__(self, directory, size, fsync):
        super().__init__(directory, size, redis)
        self.fsync = fsync

    def launch_before(self):
        with open(f"{self.directory}/webdis.json", "w",
                  encoding="ascii") as file:
            json.dump({
                "redis_host": "127.0.0.1", "redis_port": self.redis,
                "http_host": "127.0.0.1", "http_port": self.port,
                "threads": 2, "pool_size": 20, "daemonize": False,
                "websockets": False, "database": 0, "verbosity": 0,
                "logfile": "/dev/null"}, file)
        self.run("webdis", "webdis.json")

    def give(self, client, session, texts):
        said = [urllib.parse.quote(chatmem(text)["append"][0][2], safe="")
                for text in texts]
        reply = client.post("/", "/".join(["RPUSH", session, *said]))
        if reply.status != 200:
            raise Unanswered(f"{reply.status} {reply.body}")


class LangChainJs(OverRedis):
    fsync = "always"

    def __init__(self, directory, size):
        super().__init__(directory, size, chatmem)

    def launch_before(self):
        # Its modules are found from where it lies.
        shutil.copy(f"{PEERS}/langchain.mjs", NODE)
        self.run("node", f"{NODE}/langchain.mjs", self.port, self.redis)


class SqlHistory(System):
    def __init__(self, directory, size):
        super().__init__(directory, size, chatmem)

    def launch(self):
        self.run(PYTHON, "-m", "uvicorn", "sql_history:app", "--port",
                 self.port, "--workers", 2, "--log-level", "error",
                 "--app-dir", PEERS, env={
                     **os.environ, "PYTHONDONTWRITEBYTECODE": "1",
                     "HISTORY_URL": f"sqlite:///{self.directory}/chat.db"})


# In the order of the columns: a name, and what makes it of a directory and of
# a message's size.
SYSTEMS = {
    "chatmem": Chatmem,
    "bare": Bare,
    "floor": Floor,
    "webdis": lambda directory, size: Webdis(directory, size, "always"),
    "everysec": lambda directory, size: Webdis(directory, size, "everysec"),
    "LangChain.js": LangChainJs,
    "FastAPI": SqlHistory,
    "PostgreSQL": OnPostgresql,
}
