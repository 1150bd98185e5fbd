# SPDX-License-Identifier: MIT
"""files - what this process, which is not the server's, sees on the disk."""

import glob
import os

from ledger import texts


def paths(server):
    """Its database, its log and all that lies beside it but the ballast."""
    return [path for path in glob.glob(server.database + "*")
            if "ballast" not in path]


def left(server, ends):
    """{file: which of these ends of words are in it}."""
    found = {}
    for path in paths(server):
        try:
            there = texts.ends_in(content(path)) & ends
        except FileNotFoundError:
            continue    # it has just been removed
        if there:
            found[os.path.basename(path)] = there
    return found


def content(path):
    with open(path, "rb") as file:
        return file.read()


def size(server):
    return sum(os.path.getsize(path) for path in paths(server)
               if os.path.exists(path))
