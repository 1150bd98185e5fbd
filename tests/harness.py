# SPDX-License-Identifier: MIT
"""harness.py - a server of one's own, a client that sends anything, a count.

CHATMEM names the program under test, build-test/chatmem if it is not set.
Every test that is a program closes with `N passed, N failed` on its last
line; tests/run adds them up.
"""

import atexit
import glob
import http.client
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TESTS = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(TESTS)
CHATMEM = os.environ.get("CHATMEM", os.path.join(TOP, "build-test", "chatmem"))
LONG = bool(os.environ.get("CHATMEM_TEST_LONG"))
# Seconds until a wait is given up. Nothing here measures how fast a machine
# is: this ends tests that hang, so it is far more than any of them needs.
PATIENCE = 120
SANITIZER = re.compile(
    r"(?s)(==\d+==ERROR|runtime error:|WARNING: ThreadSanitizer).*")

# So that what a test started ends with it when tests/run runs out of patience.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))


def started_by(pid):
    """It, what it started, and what these did: the ids of the processes."""
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as file:
                children = file.read().split()
        except OSError:     # it has ended meanwhile
            continue
        for child in children:
            found += started_by(int(child))
    return found


class Server:
    """chatmem in a directory of its own, on a port that was free."""

    def __init__(self, *arguments, directory=None, env=None, preload=None,
                 under=()):
        self.arguments = list(arguments)
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith("CHATMEM")}
        self.env.update(env or {})
        self.preload = preload
        self.under = list(under)
        self.own = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="chatmem-test-")
        self.database = os.path.join(self.directory, "chatmem.db")
        self.process = None
        atexit.register(self.end)
        self.start()

    def end(self):
        """Nothing that a test started outlives it."""
        if self.process and self.process.poll() is None:
            self.kill()
        if self.own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """Starts it, again if need be; returns when it listens.

        The port is read from the log, or it is the one of --listen.
        """
        command = self.under + [CHATMEM, *self.arguments]
        if "--listen" not in self.arguments and \
                "CHATMEM_LISTEN" not in self.env:
            command += ["--listen", "127.0.0.1:0"]
        if "--db" not in self.arguments and "CHATMEM_DB" not in self.env:
            command += ["--db", self.database]
        env = dict(self.env)
        if self.preload:
            env["LD_PRELOAD"] = self.preload
        self.log = []
        self.port = None
        if "--listen" in self.arguments:
            address = self.arguments[self.arguments.index("--listen") + 1]
            self.port = int(address.rsplit(":", 1)[1]) or None
        self.listening = threading.Event()
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, env=env, cwd=self.directory)
        self.reader = threading.Thread(
            target=self.read_log, daemon=True,
            args=(self.process, self.log, self.listening))
        self.reader.start()
        if self.port:
            wait_for(lambda: listens(self.port) or
                     self.process.poll() is not None)
        elif not self.listening.wait(PATIENCE) or self.port is None:
            self.process.kill()
            raise RuntimeError("no server:\n" + "".join(self.log[-40:]))

    def read_log(self, process, log, listening):
        """Of one process: another may have been started since it ended."""
        for raw in process.stderr:
            line = raw.decode("utf-8", "replace")
            log.append(line)
            if self.port is None and "msg=listening" in line:
                self.port = int(re.search(r"\bport=(\d+)", line).group(1))
                listening.set()
        listening.set()

    def kill(self):
        """As kill -9 does, also to what a wrapper started; waits for all."""
        if self.process.poll() is None:
            ends = []
            for pid in started_by(self.process.pid):
                try:
                    ends.append(os.pidfd_open(pid))
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass    # it has ended meanwhile
            for end in ends:
                wait = select.poll()
                wait.register(end, select.POLLIN)
                wait.poll()
                os.close(end)
        self.process.wait()
        self.reader.join()

    def stop(self):
        """As systemd does; returns what was wrong with it, or None."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            return "SIGTERM does not stop it"
        self.reader.join()
        self.process.stderr.close()
        log = "".join(self.log)
        if self.own:
            shutil.rmtree(self.directory, ignore_errors=True)
        if report := SANITIZER.search(log):
            return report.group(0)
        if status:
            return f"exit status {status}:\n" + "".join(self.log[-20:])
        return None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        wrong = self.stop()
        if wrong and kind is None:
            raise RuntimeError(wrong)

    def client(self, timeout=PATIENCE):
        return Client(self.port, timeout)

    def takes_writes(self):
        """Is a write of nothing acknowledged?"""
        client = self.client()
        try:
            return client.post("/sessions/well/messages", []).status == 201
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def says(self, words):
        """Waits until a line of the log has these words."""
        return wait_for(lambda: any(words in line for line in self.log))

    def metric(self, name):
        """A figure of /metrics that has no labels."""
        client = self.client()
        lines = client.get("/metrics").body.decode().splitlines()
        client.close()
        return next(float(line.split()[1]) for line in lines
                    if line.startswith(name + " "))

    def comes_to(self, name, value):
        """Waits until the figure of /metrics is this."""
        if not wait_for(lambda: self.metric(name) == value):
            raise RuntimeError(
                f"{name} is {self.metric(name)} and never {value}")


class Reply:
    """Status, headers and body as they came.

    The line feed that ends every reply in JSON is no part of `body`; `ended`
    says that it was there.
    """

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        self.ended = True
        if self.body and \
                self.headers.get("Content-Type") == "application/json":
            self.ended = self.body.endswith(b"\n")
            self.body = self.body.removesuffix(b"\n")

    def json(self):
        return json.loads(self.body.decode("utf-8", "surrogatepass"))


class Client:
    """One keep-alive connection that sends what it is told to, valid or not.

    http.client refuses paths and headers that a server must be ready for, so
    only its parser of replies is used.
    """

    def __init__(self, port, timeout=PATIENCE):
        self.port = port
        self.timeout = timeout
        self.socket = None

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def forget_closed(self):
        """A connection that the server ended while nothing was asked."""
        if self.socket:
            look = select.poll()
            look.register(self.socket, select.POLLIN)
            if look.poll(0):
                self.close()

    def send(self, data):
        if not self.socket:
            self.socket = socket.create_connection(
                ("127.0.0.1", self.port), self.timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(data)

    def receive(self, method="GET"):
        response = http.client.HTTPResponse(self.socket, method=method)
        try:
            response.begin()
            reply = Reply(response)
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return reply

    def request(self, method, path, body=None, headers=()):
        """One exchange; `body` and `path` are str, bytes or (body) JSON."""
        head = list(headers.items() if isinstance(headers, dict)
                    else headers)
        names = {name.lower() for name, _ in head}
        if "host" not in names:
            head.insert(0, ("Host", f"127.0.0.1:{self.port}"))
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if body is not None and not {"content-length",
                                     "transfer-encoding"} & names:
            head.append(("Content-Length", str(len(encode(body)))))
        lines = [encode(method) + b" " + encode(path) + b" HTTP/1.1"]
        lines += [encode(name) + b": " + encode(value)
                  for name, value in head]
        self.forget_closed()
        reused = self.socket is not None
        data = b"\r\n".join(lines) + b"\r\n\r\n" + encode(body or "")
        try:
            self.send(data)
            return self.receive(method)
        except (BrokenPipeError, ConnectionResetError,
                http.client.RemoteDisconnected):
            self.close()
            if not reused or method != "GET":
                raise
            self.send(data)
            return self.receive(method)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body, **more):
        return self.request("POST", path, body, **more)


class Keyed(Client):
    """A client with a key."""

    def __init__(self, port, key):
        super().__init__(port)
        self.key = key

    def request(self, method, path, body=None, headers=()):
        return super().request(method, path, body, {
            **dict(headers), "X-API-Key": self.key})


def encode(text):
    return text if isinstance(text, bytes) else \
        text.encode("utf-8", "surrogateescape")


class Count:
    """Passed, failed, and the last line."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.lock = threading.Lock()

    def check(self, good, *words):
        """Counts one; says what was wrong with it."""
        with self.lock:
            self.passed += bool(good)
            self.failed += not good
            if not good:
                print("FAILED:", *words, flush=True)
        return good

    def stopped(self, server):
        """Counts a server's end: exit status 0, no sanitizer's report."""
        wrong = server.stop()
        self.check(not wrong, "the server's end:", wrong)

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


def free_port():
    """None that the system may give to a connection meanwhile."""
    with open("/proc/sys/net/ipv4/ip_local_port_range",
              encoding="ascii") as file:
        given = int(file.read().split()[0])
    while True:
        port = random.randrange(given // 2, given)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Gate(threading.Event):
    """Holds those that wait until it is set."""

    def wait(self, timeout=PATIENCE):
        if not super().wait(timeout):
            raise TimeoutError("a gate that was never opened")
        return True


def history(client, session):
    """The whole of it: [(seq, text)], page by page."""
    rows, after = [], 0
    while True:
        page = client.get(
            f"/sessions/{session}/messages?after={after}").json()
        rows += [(m["seq"], m["data"]["content"]) for m in page["messages"]]
        if not page["has_more"]:
            return rows
        after = rows[-1][0]


def wait_for(condition, seconds=PATIENCE):
    """True as soon as it holds; False if it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


class Unanswered(SystemExit):
    """Requests to which the answer was none, or not 2xx."""


# What wrk is told to ask: a method, a path, a body; `@` is a session's number.
KINDS = {
    "append": [("POST", "/sessions/s@/messages", json.dumps(
        {"type": "human", "data": {"content": "x" * 113}}))],
    "read": [("GET", "/sessions/s@/messages?last=20", "")],
}


def load(port, kind, seconds=3, connections=64, sessions=1000):
    """What wrk counts: requests, their rate a second, p50 and p99 in
    microseconds.  `kind` is of KINDS, or requests like those there: of two the
    second is a tenth."""
    first, *second = KINDS[kind] if isinstance(kind, str) else kind
    said = subprocess.run(
        ["wrk", "--latency", "--timeout", "60s", f"-t{min(2, connections)}",
         f"-c{connections}", f"-d{seconds}s", "-s",
         f"{TESTS}/bench/load.lua", f"http://127.0.0.1:{port}", "--",
         str(sessions), *first, *(["0.1", *second[0]] if second else [])],
        capture_output=True, text=True, check=False)
    output = said.stdout
    if said.returncode or "Non-2xx" in output or "Socket errors" in output \
            or " 0 requests in" in output:
        raise Unanswered(output + said.stderr)

    def within(share):
        time, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s|m)\b",
                               output).groups()
        return float(time) * {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}[unit]

    return {"rate": float(re.search(r"Requests/sec:\s*([\d.]+)", output)[1]),
            "requests": int(re.search(r"(\d+) requests in", output)[1]),
            "p50": within(50), "p99": within(99)}


def wrk(port, kind, seconds=3):
    """Requests per second, and how many there were."""
    loaded = load(port, kind, seconds)
    return loaded["rate"], loaded["requests"]
