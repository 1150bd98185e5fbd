# SPDX-License-Identifier: MIT
"""models.py - uses the client that openapi-generator made for Python.

models.py DIRECTORY URL, where the package `made` is in the directory.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from made import (ApiClient, Configuration, MemoryApi, MessagesApi,
                  SessionsApi)
from made.exceptions import NotFoundException
from made.models import SaveContextRequest

client = ApiClient(Configuration(host=sys.argv[2]))
memory, messages = MemoryApi(client), MessagesApi(client)
sessions = SessionsApi(client)
appended = messages.append_messages("made/1", [
    {"role": "user", "content": "Hi!"}])
memory.save_context("made/1", SaveContextRequest(
    inputs={"input": "Tea?"}, outputs={"response": "Green."}))
window = messages.read_messages("made/1", turns=1).messages.actual_instance
loaded = memory.load_memory("made/1")
messages.append_messages("made/2", "Ho!")
page = sessions.list_sessions(limit=1)
rest = sessions.list_sessions(limit=1, cursor=page.next_cursor)
try:
    sessions.read_session("nobody")
    missing = None
except NotFoundException as refused:
    missing = refused.data.error.code
print(json.dumps({
    "version": appended.version,
    "window": [message.seq for message in window],
    "history": loaded["history"],
    "sessions": sorted(one.id for one in page.sessions + rest.sessions),
    "error": missing,
}))
