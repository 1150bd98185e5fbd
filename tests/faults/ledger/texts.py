# SPDX-License-Identifier: MIT
"""texts - what messages say: each text is one of a kind and can be found.

A text begins with the kind of message that has it, and goes on with a word
of 16 hexadecimal digits.  The index of words leaves out the letters that a
word and the one before it begin with, so only a word's end is looked for in
files.
"""

import hashlib
import json

ODD = ("", "caf\u00e9 ", "\ud83d ", "\u0000 ", "\U0001f600 ", "\\\" ")
# Beside the content, as LangChain 0.3 writes it, or as no parser keeps it.
DATA = {"H": ("human", ',"n":1.10,"m":12345678901234567890'), "A": ("ai", ""),
        "I": ("human", ',"additional_kwargs":{},"response_metadata":{}'),
        "O": ("ai", ',"tool_calls":[],"invalid_tool_calls":[],'
                    '"additional_kwargs":{},"response_metadata":{}')}


def new(choose, kind=None):
    """Of many lengths, some longer than a page of the file."""
    word = hashlib.md5(choose.randbytes(8)).hexdigest()[:16]
    size = choose.choice((0, 0, 20, 20, 100, 100, 200, 200, 5000))
    return (f"{kind or choose.choice('HA')} {word}wq {choose.choice(ODD)}" +
            "x" * choose.randrange(size + 1))


def end(text):
    """What is looked for in files."""
    return text[8:18]


def data(text):
    """The JSON that is sent, and that comes back byte for byte."""
    return '{"content":' + json.dumps(text) + DATA[text[0]][1] + "}"


def message(text, identity=None):
    """The stored form."""
    sibling = f',"id":"{identity}"' if identity else ""
    return f'{{"type":"{DATA[text[0]][0]}","data":{data(text)}{sibling}}}'


def messages(texts, identities=None):
    identities = identities or [None] * len(texts)
    return "[" + ",".join(map(message, texts, identities)) + "]"


def ends_in(data):
    """The ends of all words that these bytes have, and of what is like one."""
    return {piece[-10:].decode("latin-1")
            for piece in data.lower().split(b"wq")[:-1]}
