# SPDX-License-Identifier: MIT
"""agents_session.py - a session of OpenAI's Agents SDK, for Runner.run()."""
from asyncio import to_thread

from chatmem import ask, messages_of

ITEMS = {"format": "openai-items"}


class ChatmemSession:
    session_settings = None

    def __init__(self, session_id):
        self.session_id = session_id
        self.path = messages_of(session_id)

    async def get_items(self, limit=None):
        query = {**ITEMS, "last": 10000 if limit is None else limit}
        found = await to_thread(ask, "GET", self.path, params=query)
        return found["messages"]

    async def add_items(self, items):
        await to_thread(ask, "POST", self.path, json=items)

    async def pop_item(self):
        popped = await to_thread(ask, "DELETE", self.path,
                                 params={**ITEMS, "last": 1})
        return popped["messages"][0] if popped["messages"] else None

    async def clear_session(self):
        await to_thread(ask, "DELETE", self.path)
