# SPDX-License-Identifier: MIT
"""words.py - texts of words that are as frequent as words are."""

import itertools
import random

WORDS = 30000
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"


def vocabulary(shuffled):
    return ["".join(shuffled.choices(LETTERS, range(26, 0, -1),
                                     k=shuffled.randint(2, 9)))
            for _ in range(WORDS)]


WEIGHTS = list(itertools.accumulate(1 / (at + 5) for at in range(WORDS)))
VOCABULARY = vocabulary(random.Random(7))


def prose(length, shuffled, words=tuple(VOCABULARY)):
    """Of exactly so many bytes."""
    text = " ".join(shuffled.choices(words, cum_weights=WEIGHTS,
                                     k=1 + length // 3))
    return text[:length].rstrip().ljust(length, "e")
