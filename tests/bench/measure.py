# SPDX-License-Identifier: MIT
"""measure.py - how the table of `tests/run bench` comes by its figures."""

import concurrent.futures
import os
import re
import statistics
import time

from by_turns import CALLS, by_turns
from harness import load, wait_for

TICKS = os.sysconf("SC_CLK_TCK")
IDLE = 900


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:     # it has ended meanwhile
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def resident_mb(pids):
    """What is shared counts once: the pages of a program among the processes
    that run it, and memory that is meant to be shared."""
    own, programs, shared = 0, {}, 0
    for pid in pids:
        try:
            program = os.readlink(f"/proc/{pid}/exe")
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                sizes = {name: int(size) for name, size in re.findall(
                    r"Rss(\w+):\s*(\d+) kB", file.read())}
        except OSError:     # it has ended meanwhile
            continue
        own += sizes["Anon"]
        programs[program] = max(programs.get(program, 0), sizes["File"])
        shared = max(shared, sizes["Shmem"])
    return (own + sum(programs.values()) + shared) / 1024


def settle(system):
    """Waits until it does nothing any more, for 20 seconds at most; then what
    it has written is on the disk, and not on the time of the next one."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        before = cpu_seconds(system.pids())
        time.sleep(0.2)
        if cpu_seconds(system.pids()) - before <= 0.01:
            break
    os.sync()


def loaded(system, kind, seconds, connections, sessions):
    """What wrk counts, and microseconds of processors a request; what it does
    behind its answers is in them."""
    before = cpu_seconds(system.pids())
    found = load(system.port, system.requests[kind], seconds, connections,
                 sessions)
    settle(system)
    used = cpu_seconds(system.pids()) - before
    return {**found, "cpu": used / found["requests"] * 1e6}


def beside(system, seconds):
    """The 99th percentile of reads while appends run, to that of reads."""
    def read():
        return load(system.port, system.requests["newest"], seconds, 8)["p99"]

    alone = read()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        among = pool.submit(read)
        load(system.port, system.requests["append"], seconds, 2)
    settle(system)
    return among.result() / alone


def idle_mb(system):
    """With connections that asked once and wait."""
    clients = [system.client() for _ in range(IDLE)]
    for client in clients:
        client.get(system.first)
    used = resident_mb(system.pids())
    for client in clients:
        client.close()
    return used


def rested(systems, rounds):
    """Microseconds of an append, on a connection that rested for a second."""
    clients = {name: system.client() for name, system in systems.items()}
    taken = {name: [] for name in systems}
    for turn in range(rounds + 1):
        time.sleep(1)
        for name, system in systems.items():
            (method, path, body), = system.requests["append"]
            start = time.perf_counter()
            clients[name].request(method, path.replace("@", "1"),
                                  body.replace("@", "1"))
            if turn:    # the first opens the connection
                taken[name].append((time.perf_counter() - start) * 1e6)
    for client in clients.values():
        client.close()
    return taken


def long_ratios(system, messages):
    """An append and a read of a long session, to those of one of ten."""
    client = system.client()
    texts = system.shuffled.choices(system.texts, k=10000)
    system.give(client, "short", texts[:10])
    for _ in range(messages // len(texts)):
        system.give(client, "long", texts)
    wait_for(lambda: not system.behind())
    settle(system)

    def taken(call):
        long, short = by_turns({name: lambda turn, name=name: call(name)
                                for name in ("long", "short")}).values()
        return long / short

    return (taken(lambda name: client.post(
        f"/sessions/{name}/messages", texts[:1])), taken(
            lambda name: client.get(f"/sessions/{name}/messages?last=20")))


def behind_save(system, sessions, calls=CALLS):
    """A load right behind a save of its session, to the same load again."""
    client = system.client()
    load, save = system.requests["mix"]
    taken = {"behind": [], "again": []}

    def ask(request, session):
        method, path, body = (part.replace("@", session) for part in request)
        start = time.perf_counter()
        client.request(method, path, body or None)
        return time.perf_counter() - start

    for turn in range(calls):
        session = str(turn % sessions + 1)
        ask(save, session)
        for values in taken.values():
            values.append(ask(load, session))
    return statistics.median(taken["behind"]) / statistics.median(
        taken["again"])


def start_ms(system, rounds):
    """After kill -9, to the first answer."""
    taken = []
    for _ in range(rounds):
        system.stop(kill=True)
        taken.append(system.start() * 1000)
    return statistics.median(taken)
