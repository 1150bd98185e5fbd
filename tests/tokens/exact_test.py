#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""exact_test.py - chatmem's byte pair encoder, beside gpt-tokenizer.

Texts of texts.txt, pieces of them, and random ones of all of Unicode, of
white space and of what the patterns of the encodings tell apart: 4,000 for
each of four encodings, 100,000 with CHATMEM_TEST_LONG.  The rank files are
those that gpt-tokenizer ships.  U+FEFF is left out, since gpt-tokenizer loses
it on the way (its TextDecoder takes it for a byte order mark); of the
characters, those that Unicode 14 has, as Debian's PCRE2.  CHATMEM_SEED
repeats a run.
"""

import os
import random
import subprocess
import sys
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import TOP, Count
from tokens.ratios_test import real, written
from upstream import NODE

ENCODINGS = ("o200k_base", "cl100k_base", "p50k_base", "r50k_base")
MANY = 100000 if os.environ.get("CHATMEM_TEST_LONG") else 4000
COUNT = os.path.join(os.path.dirname(os.environ.get(
    "CHATMEM", os.path.join(TOP, "build-test", "chatmem"))), "count")
WORDS = ("the", "don't", "IT'S", "we'll", "Hello", "WORLD", "fooBar",
         "日本語",
         "Привет", "مرحبا", "क्षि", "<|endoftext|>", "<|im_start|>", "ſ", "ß",
         "İ", "ǅ", "ʰ", "1", "12", "1234", "٣", "½", "Ⅷ", "…", "—", "'", '"',
         "//", "\r\n", "\n\n", "   ", "\t\t", "😀", "👨‍👩‍👧", "e\u0301",
         "\u0301", "\0", "\x7f", "\x85", "ﬁ", "\u180e", "\u200b", "龘龘")

count = Count()
seed = os.environ.get("CHATMEM_SEED") or str(
    random.SystemRandom().getrandbits(32))
rng = random.Random(seed)


def ours(texts, encoding):
    ranks = os.path.join(NODE, "node_modules", "gpt-tokenizer", "data",
                         encoding + ".tiktoken")
    given = b"".join(b"%d\n%s" % (len(text.encode()), text.encode())
                     for text in texts)
    run = subprocess.run([COUNT, encoding, ranks], input=given, check=True,
                         capture_output=True)
    return [int(number) for number in run.stdout.split()]


def characters():
    """All of them, by category."""
    found = {}
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category not in ("Cn", "Cs") and code != 0xFEFF:
            found.setdefault(category, []).append(chr(code))
    return found


def random_text(categories, every, spaces, pieces):
    kind, length = rng.random(), rng.randrange(1, 60)
    if kind < 0.2:
        return "".join(rng.choices(every, k=length))
    if kind < 0.4:
        return "".join(rng.choice(categories[rng.choice(list(categories))])
                       for _ in range(length))
    if kind < 0.6:
        return "".join(rng.choice(WORDS) + rng.choice(["", rng.choice(spaces)])
                       for _ in range(length))
    if kind < 0.7:
        return "".join(rng.choice(rng.choice([spaces, WORDS]))
                       for _ in range(length))
    if kind < 0.8:
        return "".join(chr(rng.randrange(256)) for _ in range(2 * length))
    text = rng.choice(pieces)
    start = rng.randrange(len(text))
    return text[start:start + rng.randrange(1, 400)]


def texts():
    categories = characters()
    every = [c for members in categories.values() for c in members]
    spaces = [c for c in every if c.isspace()] + [" ", "\n", "\t", "\r"] * 4
    pieces = [text for _, text in written()]
    yield from pieces
    for _ in range(MANY):
        yield random_text(categories, every, spaces, pieces)
    for letter in "aA =\n7龘😀":
        yield letter * 10000


def main():
    given = list(texts())
    for encoding in ENCODINGS:
        for text, mine, true in zip(given, ours(given, encoding),
                                    real(given, encoding), strict=True):
            count.check(mine == true, "seed", seed, encoding, mine, "not",
                        true, ascii(text[:200]))
    count.close()


if __name__ == "__main__":
    main()
