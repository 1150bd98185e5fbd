# SPDX-License-Identifier: MIT
"""client.py - the official MCP client for Python calls every tool.

client.py URL SESSION prints what came as JSON.
"""

import asyncio
import json
import sys

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


async def ask(client, session):
    async def call(name, **arguments):
        return await client.call_tool(name, arguments)

    await client.initialize()
    await client.send_ping()
    tools = [tool.name for tool in (await client.list_tools()).tools]
    appended = await call("append", session=session, messages=[
        {"role": "user", "content": "Green tea?"}])
    loaded = await call("load", session=session)
    found = await call("search", session=session, q="nothing")
    forked = await call("fork", session=session, id=session + "-2", upto=1)
    listed = await call("list_sessions", prefix=session)
    refused = await call("append", session=session,
                         messages=[{"role": "user"}])
    return {
        "tools": tools,
        "version": appended.structured_content["version"],
        "history": loaded.structured_content["history"],
        "found": found.structured_content["results"],
        "forked": forked.structured_content["id"],
        "listed": [one["id"] for one in listed.structured_content["sessions"]],
        "refused": [refused.is_error, refused.content[0].text],
    }


async def main(url, session):
    async with httpx2.AsyncClient(
            headers={"Authorization": "Bearer k1"}) as http:
        async with streamable_http_client(url, http_client=http) as streams:
            async with ClientSession(*streams[:2]) as client:
                print(json.dumps(await ask(client, session)))


asyncio.run(main(*sys.argv[1:]))
