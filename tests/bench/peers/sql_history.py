# SPDX-License-Identifier: MIT
"""sql_history.py - LangChain's SQLChatMessageHistory behind FastAPI.

What a service of one's own would be.  Its paths and bodies are chatmem's; run
by uvicorn, with HISTORY_URL, SQLAlchemy's of the database.
"""

import os

import fastapi
import sqlalchemy
from langchain_community.chat_message_histories import SQLChatMessageHistory
from langchain_core.messages import (AIMessage, HumanMessage, get_buffer_string,
                                     messages_from_dict, messages_to_dict)

app = fastapi.FastAPI()
engine = sqlalchemy.create_engine(os.environ["HISTORY_URL"],
                                  connect_args={"timeout": 60})


def history(session):
    return SQLChatMessageHistory(session, connection=engine)


@app.post("/sessions/{session}/messages", status_code=201)
def append(session, body=fastapi.Body()):
    said = body if isinstance(body, list) else [body]
    history(session).add_messages(messages_from_dict(said))
    return {"stored": len(said)}


@app.post("/sessions/{session}/save", status_code=201)
def save(session, body=fastapi.Body()):
    history(session).add_messages([
        HumanMessage(body["inputs"]["input"]),
        AIMessage(body["outputs"]["response"])])
    return {"stored": 2}


@app.get("/sessions/{session}/messages")
def newest(session, last: int = 1000):
    return {"messages": messages_to_dict(history(session).messages[-last:])}


@app.get("/sessions/{session}/load")
def load(session, last: int = 20):
    return {"history": get_buffer_string(history(session).messages[-last:])}
