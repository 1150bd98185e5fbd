# SPDX-License-Identifier: MIT
"""made.py - random messages in every form in which they come in.

Each maker gives one message that chatmem takes; FORMS names them.  Members
that a form knows stand there, are missing, are null, or are of another kind.
"""

import json
import random

TEXTS = ("", "Hi!", "l1\nl2", "\u00e9\U0001f600", "a\u2028\"\\/b", "{x}",
         "data:,")
NAMES = ("w", "get_weather", "\u00e9")


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def any(self, *choices):
        return self.random.choice(choices)

    def often(self):
        return self.random.random() < 0.7

    def some(self, **members):
        """A part of the members; a function is called for its value."""
        return {name: value() if callable(value) else value
                for name, value in members.items() if self.often()}

    def text(self):
        return self.any(*TEXTS)

    def value(self):
        return self.any(None, 0, 1.5, True, "x", [], {}, [None], {"a": [1]})

    def part(self):
        return self.any(
            {"type": "text", "text": self.text()},
            {"type": "image_url", "image_url": {"url": "http://x/y.png"}})

    def parts(self, *more):
        return [self.any(self.part(), *more)
                for i in range(self.random.randrange(4))]

    def content(self, *more):
        return self.any(self.text(), self.parts(*more))

    def arguments(self):
        return self.any({}, {"city": "Oslo"}, {"a": [1, {"b": None}]})

    # --- LangChain's ---

    def call(self):
        arguments = self.arguments()
        function = {"name": self.any(*NAMES),
                    "arguments": self.any("{", json.dumps(arguments))}
        return self.any(
            {"name": self.any(*NAMES), "args": arguments,
             "id": self.any("c1", None), "type": "tool_call"},
            {"name": "w", "args": arguments}, {"name": "w", "args": "{"},
            {"id": "c1", "type": "function", "function": function},
            {"function": function}, {"name": "w", "args": {}, "index": 0})

    def calls(self):
        return [self.call() for i in range(self.random.randrange(4))]

    def data(self, kind):
        # OpenAI has pictures of users only, and for functions no parts.
        data = {"content": self.text() if kind == "function" else
                self.content("bare") if kind == "human" else
                self.any(self.text(), ["bare", {"type": "text", "text": ""}])}
        data.update(self.some(
            name=lambda: self.any("bob", None), id=lambda: self.any(
                "m1", None), additional_kwargs=lambda: self.any(
                    {}, None, {"x": None}, {"y": 1.5}),
            response_metadata=lambda: self.any({}, {"m": 1}),
            example=lambda: self.any(False, None), extra=self.value))
        if kind == "ai":
            # LangChain.js reads no null beside these.
            raw = self.random.random() < 0.2
            if raw:
                data["additional_kwargs"] = {"tool_calls": self.calls()}
            data.update(self.some(
                tool_calls=lambda: self.any(
                    self.calls(), [] if raw else None),
                invalid_tool_calls=lambda: self.any([], None, [
                    {"name": "w", "args": "{", "error": "bad"}]),
                usage_metadata=lambda: self.any(None, {"n": 1}, {
                    "input_tokens": 1, "output_tokens": 1,
                    "total_tokens": 2})))
            if self.random.random() < 0.1:
                data.update(content=None, tool_calls=[self.call()])
        if kind in ("human", "ai") and self.random.random() < 0.2:
            self.blocks(kind, data)
        return data | {
            "tool": {"tool_call_id": "c1", "status": self.any(
                None, "success", "error")},
            "function": {"name": "f"}, "generic": {"role": "critic"},
        }.get(kind, {})

    def blocks(self, kind, data):
        """LangChain.js 1 has blocks beside the content, or in its place."""
        blocks = [{"type": "text", "text": self.text()}, self.any(
            {"type": "image", "url": "http://x/y.png"},
            {"type": "image", "mimeType": "image/png", "data": "AA=="},
            {"type": "text", "text": "b"}) if kind == "human" else
            {"type": "reasoning", "reasoning": "Hm."}]
        data["response_metadata"] = {"output_version": "v1"}
        data["content_blocks"] = blocks
        data.pop("content")
        if kind == "ai":
            data.pop("invalid_tool_calls", None)
            data.pop("additional_kwargs", None)
            call = {"type": "tool_call", "id": "c1", "name": "w",
                    "args": self.arguments()}
            blocks.append(call)
            data["tool_calls"] = [call]
        if self.often():
            data["content"] = blocks

    def kind(self):
        return self.any("human", "ai", "system", "tool", "function", "generic")

    def stored(self):
        kind = self.kind()
        data = self.data(kind)
        python = "chat" if kind == "generic" else kind
        if self.random.random() < 0.3:
            python = {"ai": "AI", "generic": "Chat"}.get(
                kind, kind.capitalize()) + "MessageChunk"
        if self.often():
            data["type"] = self.any(kind, python)
        return {"type": self.any(kind, python), "data": data}

    def flat(self):
        kind = self.kind()
        return {"type": kind, **self.data(kind)}

    def serialised(self):
        kind = self.kind()
        name = {"ai": "AI", "generic": "Chat"}.get(kind, kind.capitalize())
        space = self.any(["langchain_core", "messages"],
                         ["langchain", "schema", "messages"])
        return {"lc": 1, "type": "constructor",
                "id": [*space, name + "Message" + self.any("", "Chunk")],
                "kwargs": self.data(kind)}

    # --- OpenAI's ---

    def openai_call(self):
        return {"id": "c%d" % self.random.randrange(3), "type": "function",
                "function": {"name": "w", "arguments": self.any(
                    "{", "", json.dumps(self.arguments()))}}

    def openai(self):
        role = self.any("user", "assistant", "system", "developer", "tool",
                        "function")
        if role == "tool":
            return {"role": role, "tool_call_id": "c1",
                    "content": self.text()}
        if role == "function":
            return {"role": role, "name": "f", "content": self.text()}
        if role == "assistant":
            calls = [self.openai_call() for i in range(
                self.random.randrange(1, 3))]
            return self.any(
                {"role": role, "content": self.text()},
                {"role": role, "content": None, "tool_calls": calls},
                {"role": role, "content": self.any(self.text(), None),
                 "refusal": "No."}) | self.some(
                     audio=None, function_call=None, annotations=list,
                     reasoning_content="Hm.")
        return {"role": role, "content": self.content()
                if role == "user" else self.text(), **self.some(name="bob")}

    def ollama(self):
        if self.often():
            return {"role": "tool", "tool_name": self.any(*NAMES),
                    "content": self.text()}
        return {"role": "assistant", "content": self.text(),
                "tool_calls": [{"function": {
                    "name": self.any(*NAMES), "arguments": self.arguments()}}
                    for i in range(self.random.randrange(1, 4))],
                **self.some(thinking="Hm.")}

    # --- the AI SDK's ---

    def ui_tool(self):
        part = self.any({"type": "tool-" + self.any(*NAMES)},
                        {"type": "dynamic-tool", "toolName": "w"})
        part["toolCallId"] = "c%d" % self.random.randrange(3)
        part["state"] = self.any("input-streaming", "input-available",
                                 "output-available", "output-error")
        part["input"] = self.any({"city": "Oslo"}, "text", {})
        if part["state"] == "output-available":
            part["output"] = self.any("11", {"degrees": 11}, [1], None, 0)
        if part["state"] == "output-error":
            part["errorText"] = "no"
        return part

    def ui_part(self, role):
        file = self.any(
            {"type": "file", "mediaType": "image/png", "url": "data:,"},
            {"type": "file", "mediaType": "application/pdf",
             "url": "http://x/y.pdf", "filename": "y.pdf"})
        text = {"type": "text", "text": self.text(),
                **self.some(state="done")}
        if role == "system":
            return text
        if role == "user":
            return self.any(text, text, file)
        return self.any(
            text, text, file, self.ui_tool(), self.ui_tool(),
            {"type": "step-start"}, {"type": "reasoning", "text": "Hm."},
            {"type": "source-url", "sourceId": "s", "url": "http://x"},
            {"type": "data-weather", "data": self.value()})

    def ui(self):
        role = self.any("user", "assistant", "assistant", "system")
        return {"id": "m%d" % self.random.randrange(1 << 60), "role": role,
                "parts": [self.ui_part(role) for i in range(
                    self.random.randrange(1, 7))],
                **self.some(metadata=self.value)}

    # --- OpenAI's items ---

    def item(self):
        text = self.text()
        id = "c%d" % self.random.randrange(3)
        return self.any(
            {"type": "message", "role": "user", "content": self.any(
                text, [{"type": "input_text", "text": text},
                       {"type": "input_image", "detail": "auto",
                        "image_url": "http://x/y.png"}])},
            {"type": "message", "role": self.any("system", "developer"),
             "content": text},
            {"type": "message", "id": "msg_1", "role": "assistant",
             "status": "completed", "content": [self.any(
                 {"type": "output_text", "text": text, "annotations": []},
                 {"type": "refusal", "refusal": text})]},
            {"type": "function_call", "call_id": id, "name": "w",
             "arguments": self.any("{", json.dumps(self.arguments())),
             **self.some(id="fc_1", status="completed")},
            {"type": "function_call_output", "call_id": id,
             "output": self.any(text, [{"type": "input_text", "text": text}])},
            {"type": "custom_tool_call", "call_id": id, "name": "w",
             "input": text},
            {"type": "custom_tool_call_output", "call_id": id,
             "output": text},
            {"type": "reasoning", "id": "rs_1", "summary": self.any(
                [], [{"type": "summary_text", "text": text}]),
             **self.some(encrypted_content="gAAA")},
            {"type": "web_search_call", "id": "ws_1", "status": "completed",
             "action": {"type": "search", "query": text}},
            {"type": "item_reference", "id": "msg_1"})

    # --- calls wherever they may stand, which do not belong together ---

    def id(self):
        return "c%d" % self.random.randrange(4)

    def many(self, make):
        return [make() for i in range(self.random.randrange(4))]

    def block(self, *types):
        kind = self.any(*types, "text", "text")
        return {"type": kind, **({"text": self.text()} if kind == "text" else
                                 {"tool_use_id": self.id(), "content": "r"}
                                 if kind == "tool_result" else
                                 {"id": self.id(), "name": "w", "input": {}})}

    def raw(self):
        return {**self.some(id=self.id), "type": "function", "function": {
            "name": self.any(*NAMES), "arguments": self.any("{", "{}")}}

    def calling(self):
        function = {"name": self.any("f", "g"), "arguments": "{}"}
        data, extra = {"content": self.text()}, {}
        if self.random.random() < 0.2:
            # No API has both kinds of calls in one message.
            data.update(self.some(function_call=function))
            extra.update(self.some(function_call=function))
        else:
            data["content"] = self.any(self.text(), self.many(
                lambda: self.block("tool_use", "tool_call")))
            data.update(self.some(tool_calls=lambda: self.many(lambda: {
                "name": self.any(*NAMES), "args": {},
                **self.some(id=self.id)})))
            extra.update(self.some(tool_calls=lambda: self.many(self.raw)))
        members = [*data.items(), ("additional_kwargs", extra)]
        self.random.shuffle(members)
        return dict(members)

    def mixed(self):
        kind = self.any("ai", "ai", "tool", "tool", "function", "human")
        return {"type": kind, "data": {
            "ai": self.calling,
            "tool": lambda: {
                "content": self.text(), "tool_call_id": self.any(
                    "", self.id(), self.id()), "name": self.any(*NAMES)},
            "function": lambda: {
                "content": self.text(), "name": self.any("f", "g")},
            "human": lambda: {"content": self.any(self.text(), self.many(
                lambda: self.block("tool_result")))},
        }[kind]()}

    # --- and the short ones ---

    def tuple(self):
        kind = self.any("human", "ai", "system", "user", "assistant")
        return [kind, self.content("bare")
                if kind in ("human", "user") else self.text()]

    def line(self):
        return self.text()


# Each with the format in which it goes out as it came; None: the export.
FORMS = {"stored": None, "flat": None, "serialised": None, "openai": "openai",
         "ollama": None, "ui": "ai-sdk",
         "item": "openai-items", "tuple": None, "line": None}
