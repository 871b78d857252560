"""
Runs sdk/contract/contract.json: ``python contract.py <contract.json> <run> sync|async``. Prints one line of JSON for each case:
``{"name", "ok", "error"?}``. Needs ZERODB_URL, ZERODB_API_KEY and ZERODB_FAULT_URL.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import os
import re
import sys
import time
import traceback
import urllib.request
from typing import Any

from zerodb import ApiError, AsyncClient, BreakerSettings, CircuitOpenError, Client, UnreachableError, filters

FILE, RUN, KIND = sys.argv[1:4]
AT_ONCE = 8
FILTERS = {"all": "all_", "any": "any_", "not": "not_", "in": "in_"}


async def main() -> None:
    with open(FILE, encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    scripted = [case for case in cases if "script" in case]
    lanes = [[case for case in cases if "script" not in case]]
    lanes += [scripted[lane::AT_ONCE] for lane in range(AT_ONCE)]
    if KIND == "async":
        await asyncio.gather(*(in_order(lane) for lane in lanes))
    else:
        # The synchronous client waits in its thread.
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, in_order(lane)) for lane in lanes))


async def in_order(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        result: dict[str, Any] = {"name": case["name"], "ok": True}
        try:
            await perform(case)
        except Exception:
            result.update(ok=False, error=traceback.format_exc())
        # One write: lanes of the synchronous client are threads.
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


async def perform(case: dict[str, Any]) -> None:
    url = os.environ["ZERODB_URL"]
    if "script" in case:
        url = (await web(f"{os.environ['ZERODB_FAULT_URL']}/scripts", {"script": case["script"]}))["url"]
    client = client_of(url, dict(case.get("client", {})))
    variables = {"run": RUN}
    for step in case["steps"]:
        await perform_step(client, resolved(step, variables), variables)
    await value_of(client.close())
    if "seen" not in case:
        return
    requests = await web(f"{url}/__seen")
    assert len(requests) == len(case["seen"]), f"requests: {requests}"
    matches(requests, case["seen"], "seen")
    keys = [request["headers"].get("idempotency-key") for request in requests]
    if case.get("keys") == "none":
        assert not any(keys), keys
    elif "keys" in case:
        assert all(keys) and len(set(keys)) == (1 if case["keys"] == "same" else len(keys)), keys


def client_of(url: str, settings: dict[str, Any]) -> Client | AsyncClient:
    if "breaker" in settings:
        breaker = settings["breaker"]
        settings["breaker"] = BreakerSettings(breaker["failures"], breaker["open_ms"] / 1000)
    if "silence_ms" in settings:
        settings["silence"] = settings.pop("silence_ms") / 1000
    if "traceparent" in settings:
        traceparent = settings["traceparent"]
        settings["traceparent"] = lambda: traceparent
    settings.setdefault("key", os.environ["ZERODB_API_KEY"])
    return (AsyncClient if KIND == "async" else Client)(url, **settings)


async def perform_step(client: Any, step: dict[str, Any], variables: dict[str, str]) -> None:
    started = time.monotonic()
    progress: list[int] = []
    expected = step.get("expect", {})
    try:
        value = await act(client, step, progress)
    except (ApiError, UnreachableError, CircuitOpenError) as error:
        if "error" not in expected:
            raise
        matches(described(error), expected["error"], "error")
    else:
        assert "error" not in expected, f"no error, but {value}"
        if "value" in expected:
            matches(value, expected["value"], "value")
        for name, field in step.get("save", {}).items():
            variables[name] = value[field]
    took = (time.monotonic() - started) * 1000
    assert step.get("min_ms", 0) <= took <= step.get("max_ms", float("inf")), f"took {took} ms"
    if "progress" in step:
        assert progress == step["progress"], progress


async def act(client: Any, step: dict[str, Any], progress: list[int]) -> Any:
    if call := step.get("call"):
        return await value_of(client.call(call["method"], call["path"], **arguments(call)))
    if listed := step.get("list"):
        return await taken(client.list(listed["path"], **arguments(listed)))
    if "filter" in step:
        return built(step["filter"])
    if "wait_ms" in step:
        await asyncio.sleep(step["wait_ms"] / 1000)
        return None
    if sent := step.get("put_bytes"):
        options = {"params": sent["params"], "content": sent["text"].encode(), "content_type": "text/plain"}
        return await value_of(client.call("PUT", sent["path"], **options))
    if imported := step.get("import"):
        options = {"on_error": imported["on_error"]} if "on_error" in imported else {}
        report = await value_of(client.import_records(imported["collection"], records(imported), **options))
        return vars(report)
    if exported := step.get("export"):
        return await taken(client.export_records(exported["collection"]), exported.get("take"))
    for name in ("events", "subscribe"):
        if name in step:
            options = {key: step[name][key] for key in ("after", "types", "filter") if key in step[name]}
            messages = await taken(getattr(client, name)(step[name]["topic"], **options), step[name]["take"])
            return [vars(message) for message in messages]
    if upload := step.get("upload"):
        options = {key: upload[key] for key in ("content_type", "part_bytes") if key in upload}
        source = bytes(n * 31 % 251 for n in range(upload["bytes"]))
        options["on_progress"] = progress.append
        stored = await value_of(client.upload(upload["bucket"], upload["key"], source, **options))
        return stored.model_dump()
    if "download" in step:
        return await downloaded(client, step["download"])
    raise AssertionError(f"unknown step {step}")


async def downloaded(client: Any, place: dict[str, str]) -> dict[str, Any]:
    stream = client.stream("/v1/files/{bucket}/{key}", params=place)
    if KIND == "async":
        async with stream as response:
            body = await response.aread()
    else:
        with stream as response:
            body = response.read()
    return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def arguments(call: dict[str, Any]) -> dict[str, Any]:
    names = ("params", "query", "body", "headers", "retries")
    given = {name: call[name] for name in names if name in call}
    for name in ("timeout", "deadline"):
        if f"{name}_ms" in call:
            given[name] = call[f"{name}_ms"] / 1000
    return given


async def value_of(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def taken(values: Any, count: int | None = None) -> list[Any]:
    found: list[Any] = []
    if hasattr(values, "__aiter__"):
        async for value in values:
            found.append(value)
            if len(found) == count:
                break
        await values.aclose()
    else:
        for value in values:
            found.append(value)
            if len(found) == count:
                break
        values.close()
    return found


def records(step: dict[str, Any]) -> Any:
    faulty = step.get("faulty", [])
    for n in range(1, step["generate"] + 1):
        yield {"id": f"r{n:04}", "vector": [1, 2, 3] if n in faulty else [1, n]}


def built(expression: Any) -> Any:
    if not isinstance(expression, list) or not expression or not isinstance(expression[0], str):
        return expression
    name, *rest = expression
    if name in ("all", "any", "not"):
        return getattr(filters, FILTERS[name])(*map(built, rest))
    if name == "path":
        return filters.path(*rest)
    if not hasattr(filters, FILTERS.get(name, name)):
        return expression
    value = built(rest[1]) if name == "elem_match" else rest[1]
    return getattr(filters, FILTERS.get(name, name))(built(rest[0]), value)


def described(error: Exception) -> dict[str, Any]:
    if isinstance(error, UnreachableError):
        return {"kind": "unreachable"}
    if isinstance(error, CircuitOpenError):
        return {"kind": "circuit_open"}
    assert isinstance(error, ApiError)
    fields = {name: getattr(error, name) for name in ("status", "code", "outcome", "retryable", "retry_after")}
    return {"kind": "api", **fields, "faults": [fault["path"] for fault in error.errors]}


def matches(actual: Any, expected: Any, where: str) -> None:
    """Objects have at least the fields that are expected, lists have these entries and no others."""
    if expected == "<any>":
        return
    if expected == "<string>":
        assert isinstance(actual, str), where
    elif expected == "<number>":
        assert isinstance(actual, (int, float)) and not isinstance(actual, bool), where
    elif expected == "<sha256>":
        assert re.fullmatch("[0-9a-f]{64}", actual), where
    elif isinstance(expected, list):
        assert isinstance(actual, list) and len(actual) == len(expected), f"{where}: {actual}"
        for index, each in enumerate(expected):
            matches(actual[index], each, f"{where}/{index}")
    elif isinstance(expected, dict):
        assert isinstance(actual, dict), f"{where}: {actual}"
        for name, each in expected.items():
            matches(actual.get(name), each, f"{where}/{name}")
    else:
        assert actual == expected, f"{where}: {actual}"


def resolved(value: Any, variables: dict[str, str]) -> Any:
    """``{{name}}`` in texts is the value of a variable."""
    if isinstance(value, str):
        return re.sub(r"\{\{(\w+)\}\}", lambda match: variables[match.group(1)], value)
    if isinstance(value, list):
        return [resolved(each, variables) for each in value]
    if isinstance(value, dict):
        return {name: resolved(each, variables) for name, each in value.items()}
    return value


async def web(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()

    def fetch() -> Any:
        with urllib.request.urlopen(urllib.request.Request(url, data=data)) as response:
            return json.load(response)

    return await asyncio.to_thread(fetch)


asyncio.run(main())
