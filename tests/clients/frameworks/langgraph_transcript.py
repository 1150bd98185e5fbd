# SPDX-License-Identifier: MIT
"""langgraph_transcript.py - a node of a graph that appends what was said.

The state stays with the checkpointer.  LangGraph gives each message an id: what
is there already, as the graph was resumed or runs again, is not stored again.
"""
from langchain_core.messages import messages_to_dict

from chatmem import ask, messages_of


def transcript(state, config):
    ask("POST", messages_of(config["configurable"]["thread_id"]), json=[
        {**message, "id": message["data"]["id"]}
        for message in messages_to_dict(state["messages"])])
