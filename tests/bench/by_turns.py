# SPDX-License-Identifier: MIT
"""by_turns.py - two things that are done by turns, and how they compare.

What else the machine does hits both alike.
"""

import statistics
import time

CALLS = 300


def by_turns(kinds, calls=CALLS):
    """Medians of seconds; `kinds` maps a name to what is called with a turn."""
    taken = {name: [] for name in kinds}
    for turn in range(calls):
        for name, call in kinds.items():
            start = time.perf_counter()
            reply = call(turn)
            taken[name].append(time.perf_counter() - start)
            if reply.status >= 300:
                raise SystemExit(f"{name}: {reply.status} {reply.body}")
    return {name: statistics.median(values)
            for name, values in taken.items()}


def compare(count, what, kinds, most):
    """Prints the first kind's median over the second's."""
    (name, ours), (other, theirs) = by_turns(kinds).items()
    ratio = ours / theirs
    print(f"{what:36} {name} {ours * 1e6:6.0f} us, {other} "
          f"{theirs * 1e6:6.0f} us, ratio {ratio:.2f} (at most {most})",
          flush=True)
    count.check(ratio <= most, f"{what}: {ratio:.2f}")
