#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ratios_test.py - what tokenizer=approx says, beside what o200k_base counts.

The texts are those of texts.txt, in some 90 scripts and kinds, of which a
half was used when the costs were fitted (schema/tokens/approx_costs.c), and
texts that are made up anew in each run.  Each ratio must be 0.95 to 1.5, and
a window of 4,000 must not hold more than 4,200 real tokens.  With a word
behind it, the program prints the table.  CHATMEM_SEED repeats a run.
"""

import base64
import json
import os
import random
import string
import subprocess
import sys
import uuid

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import TESTS, Count, Server
from upstream import NODE

LEAST, MOST = 0.95, 1.5
SHORTEST = 150  # characters: below, a single word may tip the ratio

count = Count()
seed = os.environ.get("CHATMEM_SEED") or str(random.SystemRandom().getrandbits(
    32))
rng = random.Random(seed)


def real(texts, encoding="o200k_base"):
    run = subprocess.run(
        ["node", os.path.join(TESTS, "tokens", "count.mjs"), encoding],
        env={**os.environ, "NODE_PACKAGES": NODE}, text=True, check=True,
        input=json.dumps(texts), capture_output=True)
    return json.loads(run.stdout)


def written():
    with open(os.path.join(TESTS, "tokens", "texts.txt"),
              encoding="utf8") as file:
        for block in file.read().split("\n= ")[1:]:
            kind, text = block.split("\n", 1)
            yield kind, text.rstrip("\n")


# --- made-up texts ----------------------------------------------------------

def letters(alphabet, length):
    return "".join(rng.choices(alphabet, k=length))


def record(words):
    return {"id": rng.randrange(10 ** 6),
            "name": " ".join(rng.sample(words, 2)), "price": round(rng.uniform(1, 999), 2), "ok": rng.random() < 0.5,
            "note": None, "tags": rng.sample(words, 3)}


def call(words):
    return {"id": "call_" + letters(string.ascii_letters + string.digits, 24),
            "type": "function", "function": {
                "name": "_".join(rng.sample(words, 2)),
                "arguments": json.dumps({rng.choice(words): rng.choice(words),
                                         "n": rng.randrange(100)})}}


def stamp():
    return (f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}T"
            f"{rng.randrange(24):02}:{rng.randrange(60):02}:"
            f"{rng.randrange(60):02}.{rng.randrange(1000):03}Z")


def log_line(words):
    return (f"{stamp()} {rng.choice(['INFO', 'WARN', 'ERROR'])} "
            f"[{rng.choice(words)}-{rng.randrange(9)}] "
            f"{' '.join(rng.sample(words, 3))} ms={rng.randrange(5000)} "
            f"ip=10.{rng.randrange(256)}.{rng.randrange(256)}.7")


def url(words):
    return (f"https://{rng.choice(words)}.example.org/{rng.choice(words)}/"
            f"{rng.randrange(10 ** 5)}?q={rng.choice(words)}&page="
            f"{rng.randrange(50)}#{rng.choice(words)}")


def generated():
    words = next(text for kind, text in written() if kind == "English")
    words = [word.lower() for word in words.split() if word.isalpha()]
    alnum = string.ascii_letters + string.digits
    many = range(20)
    yield "base64", base64.b64encode(rng.randbytes(300)).decode()
    yield "base64url", base64.urlsafe_b64encode(rng.randbytes(300)).decode()
    yield "hexadecimal", rng.randbytes(150).hex()
    yield "HEXADECIMAL", rng.randbytes(150).hex().upper()
    yield "UUIDs", "\n".join(
        str(uuid.UUID(bytes=rng.randbytes(16))) for _ in many)
    yield "ids", " ".join(letters(alnum, 21) for _ in many)
    yield "digits", letters(string.digits, 400)
    yield "numbers", " ".join(
        str(rng.randrange(10 ** rng.randrange(1, 9))) for _ in range(60))
    yield "decimals", ", ".join(
        f"{rng.uniform(-1, 1):.{rng.randrange(1, 9)}f}" for _ in range(60))
    yield "times", "\n".join(stamp() for _ in many)
    yield "JSON records", json.dumps([record(words) for _ in many])
    yield "compact JSON", json.dumps(
        [record(words) for _ in many], separators=(",", ":"))
    yield "indented JSON", json.dumps([record(words) for _ in many], indent=2)
    yield "calls", json.dumps([call(words) for _ in many],
                              separators=(",", ":"))
    yield "log", "\n".join(log_line(words) for _ in many)
    yield "URLs", "\n".join(url(words) for _ in many)
    yield "CSV", "\n".join(
        f"{rng.randrange(1000)},{rng.choice(words)},{rng.uniform(0, 9):.2f},"
        f"{rng.choice(words).upper()}" for _ in many)
    yield "snake_case", " ".join(
        "_".join(rng.sample(words, 3)) for _ in many)
    yield "random letters", letters(string.ascii_letters, 400)
    yield "random words", " ".join(
        letters(string.ascii_lowercase, rng.randrange(2, 10))
        for _ in range(60))
    yield "random ASCII", letters("".join(map(chr, range(32, 127))), 400)
    yield "punctuation", letters(string.punctuation, 400)
    yield "white space", "\n".join(
        " " * rng.randrange(40) + rng.choice(words) for _ in many)
    yield "emoji", letters(
        "".join(map(chr, range(0x1F600, 0x1F645))), 200)
    yield "symbols", letters(
        "←↑→↓⇒≤≥≠≈∞∑√∂∫■□●○★☆✓✗", 200)


def shuffled():
    """The sentences of each written text in another order, three times."""
    for kind, text in written():
        parts = text.split(" ")
        if len(parts) < 12 or "\n" in text:
            continue
        cuts = [" ".join(parts[at:at + 6]) for at in range(0, len(parts), 6)]
        rng.shuffle(cuts)
        yield kind + ", shuffled", " ".join(cuts)


# --- asked of chatmem -------------------------------------------------------

def approx(client, text):
    """What the text has, without the three of its message."""
    path = "/sessions/text/messages"
    message = {"role": "user", "content": text}
    assert client.request("PUT", path, [message]).status == 200
    return client.get(path + "?last=1").json()["tokens"] - 3


def test_ratios(client, texts, show):
    for (kind, text), true in zip(texts, real([text for _, text in texts])):
        if not count.check(len(text) >= SHORTEST, kind, "is too short"):
            continue
        ratio = approx(client, text) / true
        if show:
            print(f"{kind:32} {len(text):5} {true:5} {ratio:.2f}")
        count.check(LEAST <= ratio <= MOST, "seed", seed, kind,
                    f"{ratio:.3f}", text)


def test_budget(client, texts):
    """4,000 by approx are never more than 4,200 real ones."""
    budget = 4000
    for kind, text in texts:
        path = "/sessions/budget/messages"
        one = approx(client, text) + 3
        messages = [{"role": "user", "content": text}] * (budget // one + 2)
        assert client.request("PUT", path, messages).status == 200
        window = client.get(
            f"{path}?max_tokens={budget}&format=openai").json()
        kept = [message["content"] for message in window["messages"]]
        true = sum(real(kept)) + 3 * len(kept)
        count.check(len(kept) > 0 and true <= budget * 1.05, kind, true)


def main():
    texts = [*written(), *generated(), *shuffled()]
    with Server() as server:
        client = server.client()
        test_ratios(client, texts, len(sys.argv) > 1)
        test_budget(client, [(kind, text) for kind, text in texts
                             if kind in ("English", "Chinese simplified",
                                         "Amharic", "Tool calls", "Emoji",
                                         "base64", "numbers")])
    count.close()


if __name__ == "__main__":
    main()
