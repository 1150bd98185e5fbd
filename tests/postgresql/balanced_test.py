#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""balanced_test.py - the curl lines of README.md, against two servers.

Over one PostgreSQL, behind HAProxy with the file of server/deploy.  Then one
of the servers ends while clients write, and all of it is there once.
"""

import http.client
import os
import re
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(sys.path[0], "server"))

from cluster import Database
from harness import TOP, Client, Count, Server, free_port, listens, wait_for
from readme_test import answer, commands, run_line
from upstream import Upstream


def configure(path, port, servers):
    """What compose.yaml mounts, with the places that it has here."""
    with open(f"{TOP}/server/deploy/haproxy.cfg", encoding="ascii") as file:
        text = file.read()
    text = re.sub(r"(?ms)^resolvers.*?^$", "", text)
    text = text.replace("bind :8080", f"bind 127.0.0.1:{port}")
    lines = "".join(f"\tserver {number} 127.0.0.1:{server.port}\n"
                    for number, server in enumerate(servers))
    text = re.sub(r"(?m)^\tserver-template.*\n", lines, text)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def ready(server, port):
    """Does the balancer hand requests on to it?"""
    before = len(server.log)
    Client(port).get("/sessions/none")
    return any("path=/sessions/none" in line for line in server.log[before:])


def replaced(count, servers, port):
    """Clients write all the while that one of the servers ends.

    A request that met its end is sent again, under the same key.
    """
    stop, wrong = threading.Event(), []

    def once(client, path, number):
        while True:
            try:
                reply = client.post(path, f'"{number}"', headers={
                    "Idempotency-Key": f"{path}{number}"})
                # 502: of a connection that the server had just closed.
                if reply.status not in (502, 503):
                    return reply
            except (ConnectionError, http.client.HTTPException):
                client.close()

    def write(number):
        client, made = Client(port), 0
        while not stop.is_set():
            made += 1
            reply = once(client, f"/sessions/w{number}/messages", made)
            if reply.status != 201 or reply.json()["version"] != made:
                wrong.append((made, reply.status, reply.body))

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    count.check(wait_for(lambda: ready(servers[0], port)), "nothing comes")
    count.stopped(servers[0])
    before = len(servers[1].log)
    wait_for(lambda: len(servers[1].log) > before + 100)
    stop.set()
    for writer in writers:
        writer.join()
    count.check(not wrong, wrong[:3])
    count.stopped(servers[1])


def main():
    count = Count()
    database = Database()
    servers = [Server("--db", database.url(), "--no-auth", "--llm-url",
                      Upstream(answer).url) for _ in range(2)]
    port = free_port()
    path = f"{servers[0].directory}/haproxy.cfg"
    configure(path, port, servers)
    balancer = subprocess.Popen(["haproxy", "-f", path, "-db"],
                                stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(port))
        for server in servers:
            count.check(wait_for(lambda server=server: ready(server, port)),
                        "a server gets nothing")
        with open(f"{TOP}/README.md", encoding="utf-8") as file:
            for line, shown in commands(file.read()):
                run_line(count, line, shown, port)
        replaced(count, servers, port)
    finally:
        balancer.terminate()
        balancer.wait()
        database.end()
    count.close()


main()
