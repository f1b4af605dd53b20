"""The official Python client: does everything that the bridge table names and prints what it saw as JSON, like `bridge.mjs`."""

import asyncio
import json
import sys
import warnings

import anyio
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.exceptions import MCPError

# What the newest revision deprecates is still valid in it.
warnings.simplefilter("ignore")


async def code(asking):
    try:
        await asking
    except MCPError as error:
        return error.code
    return "no error"


async def main(url: str, key: str, mode: str, tool_prefix: str, uri_prefix: str) -> None:
    logs: list[str] = []
    updated: list[str] = []

    async def elicit(_context, _params):
        return types.ElicitResult(action="accept", content={"username": "ada", "email": "ada@example.com", "name": "Ada"})

    async def sample(_context, _params):
        return types.CreateMessageResult(role="assistant", model="test", content=types.TextContent(type="text", text="sampled"))

    async def list_roots(_context):
        return types.ListRootsResult(roots=[types.Root(uri="file:///project", name="project")])

    async def log(params):
        logs.append(params.data)

    async def hear(message):
        if isinstance(message, types.ResourceUpdatedNotification):
            updated.append(str(message.params.uri))

    modern = mode != "legacy"
    http_client = create_mcp_http_client(headers={"Authorization": f"Bearer {key}"})
    async with http_client:
        client = Client(
            streamable_http_client(url, http_client=http_client),
            mode=mode,
            elicitation_callback=elicit,
            sampling_callback=sample,
            list_roots_callback=list_roots,
            logging_callback=log,
            log_level="debug",
            message_handler=hear,
        )
        async with client:
            await observe(client, modern, tool_prefix, uri_prefix, logs, updated)


async def observe(client, modern, tool_prefix, uri_prefix, logs, updated):
    name = lambda own: f"{tool_prefix}{own}"
    uri = lambda own: f"{uri_prefix}{own}"
    call = lambda tool, arguments=None, **more: client.call_tool(name(tool), arguments or {}, **more)
    text_of = lambda result: result.content[0].text
    seen = {}

    seen["tools"] = [each.name for each in (await client.list_tools()).tools]
    seen["prompts"] = [each.name for each in (await client.list_prompts()).prompts]
    seen["resources"] = [str(each.uri) for each in (await client.list_resources()).resources]
    seen["templates"] = [each.uri_template for each in (await client.list_resource_templates()).resource_templates]
    seen["called"] = text_of(await call("test_simple_text"))
    got = await client.get_prompt(name("test_prompt_with_arguments"), {"arg1": "one", "arg2": "two"})
    seen["prompt"] = got.messages[0].content.text
    read = (await client.read_resource(uri("test://static-text"))).contents[0]
    seen["read"] = {"uri": str(read.uri), "hasText": len(read.text) > 0}
    seen["expanded"] = str((await client.read_resource(uri("test://template/7/data"))).contents[0].uri)
    seen["embedded"] = str((await call("test_embedded_resource")).content[0].resource.uri)
    ref = types.PromptReference(type="ref/prompt", name=name("test_prompt_with_arguments"))
    seen["completed"] = (await client.complete(ref, {"name": "arg1", "value": "par"})).completion.values
    seen["missing"] = {
        "resource": await code(client.read_resource(uri("test://nowhere"))),
        "tool": await code(call("no_such_tool")),
    }
    seen["toolError"] = (await call("test_error_handling")).is_error

    progress: list[float] = []

    async def note(value, _total, _message):
        progress.append(value)

    await call("test_tool_with_progress", progress_callback=note)
    seen["progress"] = progress
    if not modern:
        await client.set_logging_level("debug")
    await call("test_tool_with_logging")
    seen["logs"] = logs

    seen["elicited"] = text_of(await call("test_elicitation", {"message": "Who are you?"}))
    seen["sampled"] = text_of(await call("test_sampling", {"prompt": "Say something"}))
    seen["roots"] = text_of(await call("test_input_required_result_list_roots"))

    before = text_of(await call("count_cancelled_calls"))
    seen["cancelled"] = "answered"
    with anyio.CancelScope() as scope:

        async def leave(_value, _total, _message):
            scope.cancel()

        await call("wait_to_be_cancelled", progress_callback=leave)
    if scope.cancelled_caught:
        seen["cancelled"] = "cancelled"
    with anyio.fail_after(5):
        while text_of(await call("count_cancelled_calls")) == before:
            await anyio.sleep(0.02)

    watched = uri("test://watched-resource")
    if modern:
        async with client.listen(resource_subscriptions=[watched]) as events:
            await call("touch_watched_resource")
            with anyio.fail_after(5):
                async for event in events:
                    updated.append(str(event.uri))
                    break
    else:
        await client.subscribe_resource(watched)
        await call("touch_watched_resource")
        with anyio.fail_after(5):
            while not updated:
                await anyio.sleep(0.02)
        await client.unsubscribe_resource(watched)
        await client.send_ping()
    seen["updated"] = updated
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
