# SPDX-License-Identifier: MIT
"""chatmem.py - what the examples for Python ask chatmem by."""
import os
from urllib.parse import quote
from uuid import uuid4

import requests
from urllib3 import Retry

http = requests.Session()
# What heard no answer is sent again, under its key: it counts once.
again = requests.adapters.HTTPAdapter(max_retries=Retry(
    5, allowed_methods=None, backoff_factor=0.1, status_forcelist=(429, 503)))
http.mount("http://", again)
http.mount("https://", again)


def ask(method, path, **more):
    url = os.environ.get("CHATMEM_URL", "http://localhost:8080")
    reply = http.request(method, url + path, headers={
        "Idempotency-Key": str(uuid4())}, **more)
    if not reply.ok:
        raise RuntimeError(reply.json()["error"]["message"])
    return reply.json()


def session_of(session):
    return f"/sessions/{quote(session, safe='')}"


def messages_of(session):
    return session_of(session) + "/messages"
