# SPDX-License-Identifier: MIT
"""client.py - uses the client that openapi-python-client made.

client.py DIRECTORY URL, where the package `made` is in the directory.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from made import Client
from made.api.memory import load_memory, save_context
from made.api.messages import append_messages, read_messages
from made.api.sessions import list_sessions, read_session
from made.models import SaveContextBody

client = Client(base_url=sys.argv[2])
appended = append_messages.sync("made/1", client=client, body=[
    {"role": "user", "content": "Hi!"}])
save_context.sync("made/1", client=client, body=SaveContextBody.from_dict(
    {"inputs": {"input": "Tea?"}, "outputs": {"response": "Green."}}))
window = read_messages.sync("made/1", client=client, turns=1)
loaded = load_memory.sync("made/1", client=client)
append_messages.sync("made/2", client=client, body="Ho!")
page = list_sessions.sync(client=client, limit=1)
rest = list_sessions.sync(client=client, limit=1, cursor=page.next_cursor)
missing = read_session.sync("nobody", client=client)
print(json.dumps({
    "version": appended.version,
    "window": [message.seq for message in window.messages],
    "history": loaded.to_dict()["history"],
    "sessions": sorted(one.id for one in page.sessions + rest.sessions),
    "error": missing.error.code,
}))
