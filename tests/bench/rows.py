# SPDX-License-Identifier: MIT
"""rows.py - the rows of the table of `tests/run bench`, and their bounds.

Ratios are chatmem's figure over that of a system, by the median of the rounds'
ratios; a bound on them says which system and how much.
"""

import statistics
from typing import NamedTuple


class Load(NamedTuple):
    """What wrk asks all systems for, in turns."""
    kind: str               # in the dialects of systems.py
    name: str
    least: dict = {}        # requests a second, to a system's
    faster: tuple = ()      # systems whose 99th percentile is above chatmem's
    short: bool = False     # of messages of any size


class Figure(NamedTuple):
    """A number of each system; its bounds are of chatmem's."""
    kind: str
    name: str
    unit: str
    most: float = None


LOADS = (
    Load("append", "append one", {"webdis": 0.85, "floor": 0.75}, short=True),
    Load("save", "save a turn of two", {"webdis": 0.85}),
    Load("newest", "newest 20", {"webdis": 3, "bare": 0.6, "floor": 0.75},
         short=True),
    Load("load20", "load 20 as text", {"bare": 0.6}, short=True),
    Load("load100", "load 100 as text", {"webdis": 5, "LangChain.js": 15}),
    Load("whole", "all of 1000", {"bare": 0.4}),
    Load("mix", "9 loads, 1 save", {"webdis": 1.5}, ("webdis",)),
)
FIGURES = (
    Figure("rest", "append after a second's rest", "us"),
    Figure("beside", "p99 of reads beside appends, to alone", "", 1.3),
    Figure("behind", "load right behind a save, to the same again", "", 1.1),
    Figure("long append", "append to a long session, to one of 10", "", 1.1),
    Figure("long newest", "newest 20 of a long session, of one of 10", "", 1.1),
    Figure("memory", "memory at the start", "MB", 16),
    Figure("used", "memory after the run", "MB", 80),
    Figure("idle", "memory with 900 idle connections", "MB", 60),
    Figure("start", "start to the first answer", "ms", 100),
    # 127 are its data as they came, 44 the rest of its row, 15 the index by
    # session and seq, 71 its seventeen words, 3 a hundredth of its session.
    Figure("disk", "a message of 150 bytes, on the disk", "bytes", 180),
)


def ratio(measured, kind, other):
    """Of requests a second; None where one of the two was not measured."""
    ours, theirs = (measured["loads"][kind].get(name, [])
                    for name in ("chatmem", other))
    return statistics.median(
        a["rate"] / b["rate"] for a, b in zip(ours, theirs)) \
        if ours and theirs else None


def median(measured, kind, system, member):
    values = measured["loads"][kind].get(system)
    return statistics.median(value[member] for value in values) \
        if values else None


def figure(measured, kind, system):
    values = measured["figures"].get(kind, {}).get(system)
    return statistics.median(values) if values else None


def bounds(measured):
    """(what, is it kept) for each bound whose two sides were measured."""
    for row in LOADS:
        if row.kind not in measured["loads"]:
            continue
        for other, least in row.least.items():
            reached = ratio(measured, row.kind, other)
            if reached is not None:
                yield (f"{row.name}: {reached:.2f} of {other}, "
                       f"at least {least}", reached >= least)
        for other in row.faster:
            ours, theirs = (median(measured, row.kind, system, "p99")
                            for system in ("chatmem", other))
            if ours and theirs:
                yield (f"{row.name}: p99 {ours / 1000:.1f} ms, below "
                       f"{other}'s {theirs / 1000:.1f}", ours < theirs)
    for row in FIGURES:
        value = figure(measured, row.kind, "chatmem")
        if value is not None and row.most:
            yield (f"{row.name}: {value:.2f} {row.unit}, at most {row.most}",
                   value <= row.most)
