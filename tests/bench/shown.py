# SPDX-License-Identifier: MIT
"""shown.py - what was measured: as text, for README, as a picture."""

import os
import re
import subprocess
from html import escape

from rows import FIGURES, LOADS, figure, median, ratio
from systems import SYSTEMS

BEGIN, END = "<!-- tests/run bench -->", "<!-- end -->"
TITLES = {
    "chatmem": "chatmem",
    "bare": "bare libmicrohttpd",
    "floor": "floor",
    "webdis": "webdis, Redis `always`",
    "everysec": "`everysec`",
    "LangChain.js": "LangChain.js, Redis",
    "FastAPI": "FastAPI, LangChain",
    "PostgreSQL": "chatmem, PostgreSQL",
}
PEERS = """\
*bare* sends chatmem's bytes and keeps nothing; *floor* has our libraries and
an empty handler. webdis hands out lists of JSON, from which whoever asks makes
the text. No peer has ids, versions, keys against repeats, windows in tokens or
search; `everysec` may lose a second of what it acknowledged."""


def machine():
    """In a line: processors, memory, system, the disk's file system."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(re.search(r"MemTotal:\s*(\d+)", file.read())[1])
    disk = subprocess.run(["findmnt", "-nT", "/var/tmp", "-o", "FSTYPE"],
                          text=True, capture_output=True, check=False).stdout
    return (f"{os.cpu_count()} processors "
            f"({model[1] if model else os.uname().machine}), "
            f"{round(memory / 2**20)} GB, Linux {os.uname().release}, "
            f"{disk.strip()}")


def short(value):
    """Three digits at most, thousands as k."""
    if value is None:
        return "–"
    if value >= 1000:
        return f"{value / 1000:.1f}k" if value < 99950 else \
            f"{value / 1000:.0f}k"
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def named(measured):
    return [name for name in SYSTEMS
            if any(name in row for row in (*measured["loads"].values(),
                                           *measured["figures"].values()))]


def text(measured):
    """All of it, for a terminal."""
    lines = [f"{measured['connections']} connections, messages of "
             f"{measured['size']} bytes, medians of {measured['rounds']}",
             f"{'':26}{'':14}{'a second':>10}{'p50 us':>10}{'p99 us':>10}"
             f"{'CPU us':>9}{'ratio':>8}"]
    for row in LOADS:
        for name in measured["loads"].get(row.kind, {}):
            values = [median(measured, row.kind, name, member)
                      for member in ("rate", "p50", "p99", "cpu")]
            lines.append(
                f"{row.name:26}{name:14}{values[0]:10.0f}{values[1]:10.0f}"
                f"{values[2]:10.0f}{values[3]:9.1f}"
                f"{ratio(measured, row.kind, name):8.2f}")
    for row in FIGURES:
        values = [f"{name} {figure(measured, row.kind, name):.2f}"
                  for name in measured["figures"].get(row.kind, {})]
        if values:
            lines.append(f"{row.name} ({row.unit}): " + ", ".join(values))
    return "\n".join(lines) + "\n"


def line_of(cells):
    return "| " + " | ".join(cells) + " |"


def load_line(measured, row, names):
    cells = []
    for name in names:
        rate, late = (median(measured, row.kind, name, member)
                      for member in ("rate", "p99"))
        cells.append("–" if rate is None else
                     f"{short(rate)} ({short(late / 1000)})")
    return line_of([row.name, *cells])


def figure_line(measured, row, names):
    return line_of([f"{row.name}, {row.unit}" if row.unit else row.name, *(
        short(figure(measured, row.kind, name)) for name in names)])


def markdown(results):
    """The requests, and behind a fold all else: figures, the machine, and
    what the peers do less of."""
    measured = results["usual"]
    names = named(measured)
    head = [line_of(["", *(TITLES[name] for name in names)]),
            "|" + "---|" * (len(names) + 1)]
    return "\n".join([
        f"Requests a second (99 of 100 within so many ms), medians of "
        f"{measured['rounds']}: {measured['connections']} connections of "
        f"`wrk` on the same machine, 1,000 sessions, "
        f"{measured['size']}-byte messages, synced:", "", *head,
        *(load_line(measured, row, names) for row in LOADS
          if row.kind in measured["loads"]), "",
        "<details><summary>Memory, start, disk, long sessions, and what is "
        "compared with what</summary>", "", *head,
        *(figure_line(measured, row, names) for row in FIGURES
          if measured["figures"].get(row.kind)), "",
        results["machine"] + ".", PEERS, "</details>"])


def put_into(path, words):
    """Between the two marks."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    before, begin, rest = page.partition(BEGIN + "\n")
    _, end, after = rest.partition(END + "\n")
    if not begin or not end:
        raise SystemExit(f"{path} lacks {BEGIN} or {END}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + begin + words + "\n" + end + after)


# --- a picture ----------------------------------------------------------------

DRAWN = ("append", "save", "newest", "load20", "mix")
COLOURS = {"chatmem": "#d9480f", "PostgreSQL": "#e8935f", "webdis": "#3b6ea5",
           "LangChain.js": "#7a8691", "FastAPI": "#a9b1b8"}
STYLE = """\
text{font:12px system-ui,sans-serif;fill:#222}.row{font-weight:600}
@media(prefers-color-scheme:dark){text{fill:#ddd}}"""
WIDTH, LEFT, BAR = 720, 150, 14


def bar(y, name, value, longest):
    width = (WIDTH - LEFT - 60) * value / longest
    title = escape(TITLES[name].replace("`", ""))
    return (f'<text x="{LEFT - 8}" y="{y + 11}" text-anchor="end">{title}'
            f'</text><rect x="{LEFT}" y="{y + 1}" width="{max(width, 1):.1f}" '
            f'height="{BAR - 2}" fill="{COLOURS[name]}"/>'
            f'<text x="{LEFT + width + 6:.1f}" y="{y + 11}">{short(value)}'
            "</text>")


def picture(results):
    """Requests a second as bars, a group for each kind."""
    measured, parts, y = results["usual"], [], 4
    for row in LOADS:
        values = {name: median(measured, row.kind, name, "rate")
                  for name in COLOURS if row.kind in DRAWN and
                  measured["loads"].get(row.kind, {}).get(name)}
        if not values:
            continue
        parts.append(f'<text class="row" x="{LEFT}" y="{y + 12}">'
                     f"{escape(row.name)}, requests a second</text>")
        y += 18
        for name, value in values.items():
            parts.append(bar(y, name, value, max(values.values())))
            y += BAR
        y += 10
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
            f'{y}" width="{WIDTH}" height="{y}"><style>{STYLE}</style>\n'
            + "\n".join(parts) + "\n</svg>\n")
