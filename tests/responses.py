# SPDX-License-Identifier: MIT
"""responses.py - what a model's server with /responses says.

answering(model) makes an answer() of upstream.py of a model that knows chat
messages only: model(messages) gives the assistant's.
"""

import itertools
import json

NUMBERS = itertools.count(1)


def text_of(content):
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def chat_of(items):
    """The messages that items are; calls that follow each other are one."""
    messages = []
    if isinstance(items, str):
        return [{"role": "user", "content": items}]
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            messages.append({"role": item["role"],
                             "content": text_of(item["content"])})
        elif kind == "function_call":
            if not messages or not messages[-1].get("tool_calls"):
                messages.append({"role": "assistant", "content": None,
                                 "tool_calls": []})
            messages[-1]["tool_calls"].append({
                "id": item["call_id"], "type": "function", "function": {
                    "name": item["name"], "arguments": item["arguments"]}})
        elif kind == "function_call_output":
            messages.append({"role": "tool", "tool_call_id": item["call_id"],
                             "content": text_of(item["output"])})
    return messages


def items_of(message):
    """The items that an assistant's message is, with ids of their own."""
    if message.get("content") is not None:
        yield {"type": "message", "id": f"msg_{next(NUMBERS)}",
               "status": "completed", "role": "assistant", "content": [
                   {"type": "output_text", "text": message["content"],
                    "annotations": [], "logprobs": []}]}
    for call in message.get("tool_calls") or ():
        yield {"type": "function_call", "id": f"fc_{next(NUMBERS)}",
               "status": "completed", "call_id": call["id"],
               "name": call["function"]["name"],
               "arguments": call["function"]["arguments"]}


def response(output, **more):
    """A response object with this output."""
    return {"id": f"resp_{next(NUMBERS)}", "object": "response",
            "created_at": 1, "status": "completed", "model": "m",
            "output": list(output), "error": None, "incomplete_details": None,
            "instructions": None, "metadata": {}, "parallel_tool_calls": True,
            "temperature": 1.0, "tool_choice": "auto", "tools": [],
            "top_p": 1.0, "store": False, "previous_response_id": None,
            "usage": {"input_tokens": 1, "output_tokens": 1,
                      "total_tokens": 2,
                      "input_tokens_details": {"cached_tokens": 0,
                                               "cache_write_tokens": 0},
                      "output_tokens_details": {"reasoning_tokens": 0}},
            **more}


def give(whole, streams, reply):
    if streams:
        return reply.stream([dumped(event) for event in events(whole)])
    return reply.json(whole)


def echo(body, reply):
    """Says what it was told."""
    told = body.get("input", "")
    text = told if isinstance(told, str) else json.dumps(told)
    give(response(items_of({"content": text})), body.get("stream") is True,
         reply)


def answering(model, **more):
    """An answer() that gives what the model says as a response."""
    def answer(request, reply):
        body = request.json()
        whole = response(items_of(model(chat_of(body["input"]))), **more)
        give(whole, body.get("stream"), reply)
    return answer


def item_events(at, item):
    """What is said of an item of the output while it comes."""
    where = {"output_index": at, "item_id": item["id"]}
    begun = {**item, "status": "in_progress"}
    if item["type"] == "message":
        begun["content"] = []
    if item["type"] == "function_call":
        begun["arguments"] = ""
    yield "output_item.added", {"output_index": at, "item": begun}
    if item["type"] == "function_call":
        for piece in item["arguments"][:3], item["arguments"][3:]:
            yield "function_call_arguments.delta", {**where, "delta": piece}
        yield "function_call_arguments.done", {
            **where, "name": item["name"], "arguments": item["arguments"]}
    for index, part in enumerate(item.get("content") or ()):
        place = {**where, "content_index": index}
        yield "content_part.added", {**place, "part": {**part, "text": ""}}
        for piece in part["text"].split(" "):
            yield "output_text.delta", {**place, "delta": piece,
                                        "logprobs": []}
        yield "output_text.done", {**place, "text": part["text"],
                                   "logprobs": []}
        yield "content_part.done", {**place, "part": part}
    yield "output_item.done", {"output_index": at, "item": item}


def events(whole):
    """The events of a stream that ends with this response."""
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    said = [("created", {"response": begun}),
            ("in_progress", {"response": begun})]
    for at, item in enumerate(whole["output"]):
        said += item_events(at, item)
    said.append((whole["status"], {"response": whole}))
    return [{"type": f"response.{kind}", "sequence_number": number, **members}
            for number, (kind, members) in enumerate(said)]


def dumped(event):
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
