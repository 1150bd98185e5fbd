#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""exchange_test.py - the API manual, executed: tests/exchanges/*.txt.

    # A sentence that says what the exchange shows

    > POST /sessions/alice/messages         the request, as curl -v prints it
    > Content-Type: application/json        its headers
    {"type":"human","data":{"content":"Hi!"}}
    < 201                                   the reply
    < ETag: "1-<mark>"                      headers that it must have
    < Location:                             or must not have
    {"session":"alice","version":1,
    \t"messages":[{"seq":1,"id":"<mark>-1"}]}

A line that begins with a tab continues the one before it, so that long
bodies can be read.  Bodies are compared byte for byte, except for:

    <mark> <time> <name> <cursor> <proof>   whatever has that shape
    <any>                                   whatever
    <mark1>                                 the same from its first use on
    <x00>                                   this byte
    <ab*300>                                ab, three hundred times
    <file:a:b\\nc:d\\se>                      in `$`: a file that holds this
    <port>                                  in request headers: the server's

`~` repeats the request below until its reply is as shown.
Every file begins with a fresh server; `$ NAME=value` and `$ --flag value`
begin another one with these settings.  Every reply is also checked for what
all replies have in common.
"""

import glob
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import TESTS, Count, Server, encode, wait_for

SHAPES = {
    b"mark": rb"[0-9a-z]{13}",
    b"time": rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    b"name": rb"[A-Za-z0-9_-]+",
    b"cursor": rb'[^"]+',
    b"proof": rb"(?:file|rows)",
    b"any": rb"(?s:.*)",
}
PLACEHOLDER = re.compile(
    rb"<(?:x([0-9a-f]{2})|([^<>\n]+?)\*(\d+)|"
    rb"(mark|time|name|cursor|proof|any)(\d*))>")


class Exchange:
    """One request with the reply that it must get."""

    def __init__(self, where, title):
        self.where = where
        self.title = title
        self.request = []       # its lines: first the head, then the body
        self.headers = []
        self.reply = []
        self.reply_headers = []
        self.status = None


def parse(path):
    """Yields ("server", arguments), ("repeat", None), ("exchange", …)."""
    exchange, title = None, ""
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines, 1):
        body = exchange and (exchange.request if exchange.status is None
                             else exchange.reply)
        if line.startswith(("#", "$", "~", "> ")) and exchange and \
                exchange.status is not None:
            yield "exchange", exchange
            exchange = None
        if line.startswith("#"):
            title = line.lstrip("# ")
        elif line.startswith("$"):
            yield "server", line[1:].split()
        elif line.startswith("~"):
            yield "repeat", None
        elif line.startswith("> ") and not exchange:
            exchange = Exchange(f"{path}:{number}", title)
            exchange.method, exchange.path = line[2:].split(" ", 1)
        elif line.startswith("> "):
            exchange.headers.append(header(line))
        elif line.startswith("< ") and exchange.status is None:
            exchange.status = int(line[2:])
        elif line.startswith("< "):
            exchange.reply_headers.append(header(line))
        elif line.startswith("\t"):
            body[-1] += line[1:]
        elif exchange:
            body.append(line)
        elif line:
            raise SystemExit(f"{path}:{number}: belongs to no exchange")
    if exchange:
        yield "exchange", exchange


def header(line):
    name, value = line[2:].split(":", 1)
    return name, value.strip()



def ask(text, bound):
    """The bytes of a request: placeholders replaced."""
    def put(match):
        byte, unit, times, kind, number = match.groups()
        if byte:
            return bytes([int(byte, 16)])
        if times:
            return unit * int(times)
        return bound[kind + number]
    return PLACEHOLDER.sub(put, encode(text))


def pattern(text, bound):
    """What a reply must match, and the names that it binds."""
    parts, names, at = [], [], 0
    text = encode(text)
    for match in PLACEHOLDER.finditer(text):
        parts.append(re.escape(text[at:match.start()]))
        at = match.end()
        byte, unit, times, kind, number = match.groups()
        if byte:
            parts.append(re.escape(bytes([int(byte, 16)])))
        elif times:
            parts.append(re.escape(unit * int(times)))
        elif number and kind + number in bound:
            parts.append(re.escape(bound[kind + number]))
        elif number and kind + number in names:
            parts.append(b"(?P=%s)" % (kind + number))
        elif number:
            names.append(kind + number)
            parts.append(b"(?P<%s>%s)" % (kind + number, SHAPES[kind]))
        else:
            parts.append(SHAPES[kind])
    parts.append(re.escape(text[at:]))
    return b"".join(parts)


class Runner:
    """Runs one file against servers of its own.

    Where several serve one store the requests go to them in turn.
    """

    def __init__(self, count):
        self.count = count
        self.servers = []
        self.clients = []
        self.files = []

    def start(self, flags, env):
        """The servers, with a store that is empty."""
        return [Server(*flags, env=env)]

    def use(self, words):
        """A fresh server with these settings."""
        self.close()
        self.bound = {}
        env, flags = {}, []
        for word in words:
            word = re.sub("<file:(.*)>", self.write, word)
            name = re.match("(CHATMEM_[A-Z_]+)=", word)
            if name:
                env[name[1]] = word[name.end():]
            else:
                flags.append(word)
        self.servers = self.start(flags, env)
        self.clients = [server.client() for server in self.servers]

    def write(self, match):
        file = tempfile.NamedTemporaryFile("w")
        file.write(match[1].replace("\\n", "\n").replace("\\s", " "))
        file.flush()
        self.files.append(file)
        return file.name

    def close(self):
        for server, client in zip(self.servers, self.clients):
            client.close()
            self.count.stopped(server)
        self.servers = []

    def run(self, exchange, repeated=False):
        wrong = self.ask(exchange)
        if repeated and wrong:
            wait_for(lambda: not self.ask(exchange))
            wrong = self.ask(exchange)
        self.count.check(not wrong, f"{exchange.where}: {exchange.title}\n"
                         f"  {exchange.method} {exchange.path[:200]}\n  "
                         + "\n  ".join(wrong))

    def ask(self, exchange):
        """What is wrong with the reply."""
        body = "\n".join(exchange.request).rstrip("\n")
        client = self.clients[0]
        self.clients = self.clients[1:] + [client]
        headers = [(name, ask(value.replace("<port>", str(client.port)),
                              self.bound))
                   for name, value in exchange.headers]
        reply = client.request(
            exchange.method, ask(exchange.path, self.bound),
            ask(body, self.bound) if body else None, headers)
        return list(self.compare(exchange, reply))

    def compare(self, exchange, reply):
        """Yields what is wrong with the reply, in words."""
        if reply.status != exchange.status:
            yield f"status {reply.status}, not {exchange.status}"
        for name, value in exchange.reply_headers:
            yield from self.match(name + ": ", value or None,
                                  encode_header(reply.headers.get(name)))
        body = "\n".join(exchange.reply).rstrip("\n")
        yield from self.match("", body, reply.body)
        yield from self.common(exchange, reply)

    def match(self, what, expected, got):
        if got is None or expected is None:
            if got != expected:
                yield f"got  {what}{got}\n  want {what}{expected}"
            return
        match = re.fullmatch(pattern(expected, self.bound), got)
        if match:
            self.bound.update((name.encode(), value) for name, value
                              in match.groupdict().items())
        else:
            yield (f"got  {what}{got[:2000].decode(errors='replace')}\n"
                   f"  want {what}{expected[:2000]}")

    def common(self, exchange, reply):
        """What holds for every reply of chatmem's own."""
        stated = {name.lower() for name, _ in exchange.reply_headers}
        kind = reply.headers.get("Content-Type")
        if "content-type" not in stated and reply.body and \
                kind != "application/json":
            yield f"Content-Type is {kind}"
        if not reply.ended:
            yield "no line feed at the end"
        if not re.fullmatch("[A-Za-z0-9._-]{1,64}",
                            reply.headers.get("X-Request-Id", "")):
            yield "no X-Request-Id"
        if reply.status >= 400 and exchange.method != "HEAD" and \
                set(reply.json()) - {"jsonrpc", "id"} != {"error"}:
            yield "an error of another shape"


def encode_header(value):
    return None if value is None else value.encode("latin-1")


def files():
    """Those that are named, or all."""
    return sys.argv[1:] or sorted(glob.glob(f"{TESTS}/exchanges/*.txt"))


def run_file(path, runner):
    runner.use([])
    repeated = False
    for kind, what in parse(os.path.relpath(path)):
        if kind == "server":
            runner.use(what)
        elif kind == "exchange":
            runner.run(what, repeated)
        repeated = kind == "repeat"
    runner.close()


def main():
    count = Count()
    for path in files():
        run_file(path, Runner(count))
    count.close()


if __name__ == "__main__":
    main()
