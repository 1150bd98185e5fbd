# SPDX-License-Identifier: MIT
"""langchain_history.py - a history of LangChain, for RunnableWithMessageHistory."""
from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import messages_from_dict, messages_to_dict

from chatmem import ask, messages_of


class ChatmemHistory(BaseChatMessageHistory):
    def __init__(self, session, **window):
        """All of it, or what is left of turns=10, max_tokens=4000."""
        self.path = messages_of(session)
        self.query = window or {"last": 10000}

    @property
    def messages(self):
        return messages_from_dict(ask("GET", self.path, params={
            "format": "langchain-python", **self.query})["messages"])

    def add_messages(self, messages):
        ask("POST", self.path, json=messages_to_dict(messages))

    def clear(self):
        ask("DELETE", self.path)
