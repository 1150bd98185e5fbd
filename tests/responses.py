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
                      "input_tokens_details": {"cached_tokens": 0},
                      "output_tokens_details": {"reasoning_tokens": 0}},
            **more}


def answering(model, **more):
    """An answer() that gives what the model says as a response."""
    def answer(request, reply):
        items = items_of(model(chat_of(request.json()["input"])))
        reply.json(response(items, **more))
    return answer


def dumped(event):
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
