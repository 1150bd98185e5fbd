# SPDX-License-Identifier: MIT
"""llama_index_store.py - a chat store of LlamaIndex, for ChatMemoryBuffer."""
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.storage.chat_store import BaseChatStore

from chatmem import ask, messages_of

TYPES = {"user": "human", "system": "system", "developer": "system",
         "tool": "tool"}


def to_stored(message):
    """LangChain's form, of which chatmem makes all others; its own beside it."""
    own = message.model_dump(mode="json", exclude_none=True)
    result = own["additional_kwargs"].get("tool_call_id")
    return {"type": TYPES.get(own["role"], "ai"), "data": {
        "content": message.content or "",
        "tool_calls": [
            {"id": block.tool_call_id, "name": block.tool_name,
             "args": block.tool_kwargs}
            for block in message.blocks if isinstance(block, ToolCallBlock)],
        **({"tool_call_id": result} if result else {}),
        "response_metadata": {"llama_index": own}}}


def from_stored(stored):
    return ChatMessage.model_validate(
        stored["data"]["response_metadata"]["llama_index"])


class ChatmemStore(BaseChatStore):
    def stored(self, key):
        return ask("GET", messages_of(key), params={"last": 10000})["messages"]

    def set_messages(self, key, messages):
        ask("PUT", messages_of(key), json=[*map(to_stored, messages)])

    def get_messages(self, key):
        return [*map(from_stored, self.stored(key))]

    def add_message(self, key, message):
        ask("POST", messages_of(key), json=to_stored(message))

    def delete_messages(self, key):
        ask("DELETE", messages_of(key))

    def delete_message(self, key, idx):
        found = self.stored(key)[idx]
        ask("DELETE", f"{messages_of(key)}/{found['seq']}")
        return from_stored(found)

    def delete_last_message(self, key):
        found = ask("DELETE", messages_of(key), params={"last": 1})["messages"]
        return from_stored(found[0]) if found else None

    def get_keys(self):
        keys, cursor = [], ""
        while cursor is not None:
            page = ask("GET", "/sessions", params={"cursor": cursor or None})
            keys += [found["id"] for found in page["sessions"]
                     if found["message_count"]]
            cursor = page["next_cursor"]
        return keys
