# SPDX-License-Identifier: MIT
"""read.py - the packages for Python read what chatmem hands out.

    python read.py make     prints messages of every class of langchain-core:
                            {"stored":[...],"serialised":[...]}
    python read.py read     reads {"FORMAT":[[message...]...]} and prints for
                            each list null, or what was wrong with it

Run by the Python that has the packages.
"""

import json
import sys

from langchain_core.load import dumps, load
from langchain_core.messages import (
    AIMessage, AIMessageChunk, ChatMessage, ChatMessageChunk, FunctionMessage,
    FunctionMessageChunk, HumanMessage, HumanMessageChunk, SystemMessage,
    SystemMessageChunk, ToolMessage, ToolMessageChunk, get_buffer_string,
    messages_from_dict, messages_to_dict)

CALL = {"name": "w", "args": {"city": "Oslo"}, "id": "c1", "type": "tool_call"}


def classes():
    """One of each class, and more where there is more to a class."""
    for human in HumanMessage, HumanMessageChunk, SystemMessage, \
            SystemMessageChunk:
        yield human(content="Hi!")
        yield human(content=["a", {"type": "text", "text": "b"}], name="bob",
                    id="m1", additional_kwargs={"x": None})
    for ai in AIMessage, AIMessageChunk:
        yield ai(content="")
        yield ai(content=[{"type": "text", "text": "b"}], tool_calls=[CALL],
                 usage_metadata={"input_tokens": 1, "output_tokens": 2,
                                 "total_tokens": 3},
                 response_metadata={"model": "m"})
        yield ai(content="", invalid_tool_calls=[
            {"name": "w", "args": "{", "id": None, "error": "Malformed."}])
        yield ai(content="", additional_kwargs={"refusal": None})
    yield AIMessageChunk(content="", tool_call_chunks=[
        {"name": "w", "args": "{}", "id": "c1", "index": 0}])
    for chat in ChatMessage, ChatMessageChunk:
        yield chat(content="x", role="critic")
    for function in FunctionMessage, FunctionMessageChunk:
        yield function(content="x", name="f")
    for tool in ToolMessage, ToolMessageChunk:
        yield tool(content="x", tool_call_id="c1", status="error")
        yield tool(content=["a"], tool_call_id="c1", artifact={"x": [None]})


def make():
    messages = list(classes())
    # Each is read back by the package itself.
    stored = messages_to_dict(messages)
    messages_from_dict(json.loads(json.dumps(stored)))
    return {"stored": stored, "serialised": json.loads(dumps(messages))}


def read_langchain(messages):
    read = messages_from_dict(
        [{"type": m["type"], "data": m["data"]} for m in messages])
    text = get_buffer_string(read)
    for message, line in zip(messages, read):
        if line.type != message["type"]:
            raise ValueError(f"{line.type} is not {message['type']}")
    if "HelloNone" in text:
        raise ValueError("a null was read as text")


def exhaust(read, given):
    """What was to be read lazily is read, for it is checked only then."""
    if isinstance(given, dict):
        for name in read:
            exhaust(read[name], given[name])
    elif isinstance(given, list) and given:
        for one, other in zip(list(read), given, strict=True):
            exhaust(one, other)


def readers():
    found = {"langchain-python": read_langchain, "serialised": lambda messages:
             [load(message) for message in messages]}
    try:
        from openai.types.chat import ChatCompletionMessageParam
        from openai.types.responses import ResponseInputItemParam
        from pydantic import TypeAdapter
    except ImportError:
        return found

    def check(adapter, messages):
        exhaust(adapter.validate_python(messages), messages)

    chat = TypeAdapter(list[ChatCompletionMessageParam])
    items = TypeAdapter(list[ResponseInputItemParam])
    roles = ("user", "assistant", "system", "developer", "tool", "function")
    # A role of somebody's own stays, and OpenAI has none.
    found["openai"] = lambda messages: check(
        chat, [message for message in messages if message["role"] in roles])
    found["openai-items"] = lambda messages: check(items, messages)
    return found


def wrong(reader, messages):
    try:
        reader(messages)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:2000]
    return None


def read(lists):
    known = readers()
    return {name: [wrong(known[name], messages) for messages in many]
            for name, many in lists.items() if name in known}


if sys.argv[1] == "make":
    print(json.dumps(make()))
else:
    print(json.dumps(read(json.load(sys.stdin))))
