# SPDX-License-Identifier: MIT
"""plan.py - what is said in the turns that every framework has.

Two sessions have ten turns each, one after the other.  In every second turn
the model calls a tool; it answers when it has been told the result.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

TURNS = 10
SESSIONS = json.loads(os.environ["SESSIONS"])   # of a name: who speaks
checks = []


def turns():
    """Yields session, number and question of each turn."""
    for number in range(TURNS):
        for session, who in SESSIONS.items():
            yield session, number, f"{who} {number}"


def number_of(question):
    return int(question.split()[-1])


def calls(question):
    return number_of(question) % 2 == 0


def call_id(question):
    return "call_" + question.replace(" ", "_")


def check(name, got, wanted):
    checks.append([name, got == wanted, f"is {got!r}, not {wanted!r}"])


def close():
    print(json.dumps(checks))
