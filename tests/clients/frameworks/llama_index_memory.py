# SPDX-License-Identifier: MIT
"""llama_index_memory.py - a store for Memory of LlamaIndex, which archives.

A mark in the session's metadata stands before the active queue; what Memory
archives stays where it is, before the mark.
"""
from asyncio import to_thread

from llama_index.core.storage.chat_store.base_db import (AsyncDBChatStore,
                                                         MessageStatus)

from chatmem import ask, messages_of, session_of
from llama_index_store import ChatmemStore, from_stored, to_stored

ACTIVE = MessageStatus.ACTIVE


def mark_of(key):
    found = ask("GET", "/sessions", params={"prefix": key, "limit": 1})
    first = (found["sessions"] or [{}])[0]
    return first["metadata"].get("archived", 0) if first.get("id") == key else 0


def stored(key, status):
    part = {} if status is None else {"after": mark_of(key)} \
        if status == ACTIVE else {"before": mark_of(key) + 1}
    return ask("GET", messages_of(key), params={"limit": 10000, **part})[
        "messages"]


def archive(key, n):
    found = stored(key, ACTIVE)[:n]
    if found:
        ask("PATCH", session_of(key),
            json={"metadata": {"archived": found[-1]["seq"]}})
    return [*map(from_stored, found)]


def replace(key, messages):
    ask("PATCH", messages_of(key), json={"replace_suffix": {
        "expected": [{"type": found["type"], "data": found["data"]}
                     for found in stored(key, ACTIVE)],
        "replacement": [*map(to_stored, messages)]}})


def delete(key, found):
    for message in found:
        ask("DELETE", f"{messages_of(key)}/{message['seq']}")
    return [*map(from_stored, found)]


class ChatmemMemoryStore(AsyncDBChatStore):
    async def get_messages(self, key, status=ACTIVE, limit=None, offset=None):
        found = await to_thread(stored, key, status)
        return [*map(from_stored, found[offset or 0:][:limit])]

    async def count_messages(self, key, status=ACTIVE):
        return len(await to_thread(stored, key, status))

    async def add_message(self, key, message, status=ACTIVE):
        await self.add_messages(key, [message])

    async def add_messages(self, key, messages, status=ACTIVE):
        await to_thread(ask, "POST", messages_of(key),
                        json=[*map(to_stored, messages)])

    async def set_messages(self, key, messages, status=ACTIVE):
        await to_thread(replace, key, messages)

    async def delete_message(self, key, idx):
        found = await to_thread(stored, key, ACTIVE)
        return (await to_thread(delete, key, found[idx:][:1]) or [None])[0]

    async def delete_messages(self, key, status=None):
        await to_thread(delete, key, await to_thread(stored, key, status))

    async def delete_oldest_messages(self, key, n):
        found = await to_thread(stored, key, ACTIVE)
        return await to_thread(delete, key, found[:n])

    async def archive_oldest_messages(self, key, n):
        return await to_thread(archive, key, n)

    async def get_keys(self):
        return await to_thread(ChatmemStore().get_keys)
