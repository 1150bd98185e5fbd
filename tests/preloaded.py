# SPDX-License-Identifier: MIT
"""preloaded - libraries of tests/faults that a process is started with."""

import mmap
import os
import subprocess

from harness import TESTS


def library(name, directory):
    """Builds tests/faults/NAME.c there; the path for Server(preload=…)."""
    path = os.path.join(directory, f"{name}.so")
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-fPIC",
                    "-shared", f"-I{os.path.dirname(TESTS)}",
                    f"{TESTS}/faults/{name}.c", "-o", path, "-ldl"],
                   check=True)
    return path


class Control:
    """A file that a process and its library share: see faults/control.h."""

    def __init__(self, directory, size, name="control"):
        self.path = os.path.join(directory, name)
        with open(self.path, "wb") as file:
            file.write(bytes(size))
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), size)
