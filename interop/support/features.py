"""The official Python client: lists prompts, resources and templates, gets one prompt, reads one resource, and prints what it saw as JSON."""

import asyncio
import json
import sys

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def main(url: str, key: str, mode: str, prompt: str, uri: str) -> None:
    http_client = create_mcp_http_client(headers={"Authorization": f"Bearer {key}"})
    async with http_client:
        transport = streamable_http_client(url, http_client=http_client)
        async with Client(transport, mode=mode) as client:
            prompts = await client.list_prompts()
            resources = await client.list_resources()
            templates = await client.list_resource_templates()
            got = await client.get_prompt(prompt)
            read = await client.read_resource(uri)
            print(
                json.dumps(
                    {
                        "prompts": [each.name for each in prompts.prompts],
                        "resources": [str(each.uri) for each in resources.resources],
                        "templates": [each.uri_template for each in templates.resource_templates],
                        "messages": len(got.messages),
                        "text": read.contents[0].text,
                    }
                )
            )


asyncio.run(main(*sys.argv[1:]))
