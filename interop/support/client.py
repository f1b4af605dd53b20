"""The official Python client: connects, lists, calls one tool and prints what it saw as JSON."""

import asyncio
import json
import sys

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def main(url: str, key: str, mode: str, tool: str) -> None:
    http_client = create_mcp_http_client(headers={"Authorization": f"Bearer {key}"})
    async with http_client:
        transport = streamable_http_client(url, http_client=http_client)
        async with Client(transport, mode=mode) as client:
            listed = await client.list_tools()
            called = await client.call_tool(tool, {"text": "from Python"})
            names = sorted(each.name for each in listed.tools)
            print(json.dumps({"tools": names, "text": called.content[0].text}))


asyncio.run(main(*sys.argv[1:]))
