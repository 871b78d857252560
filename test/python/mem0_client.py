"""mem0's own clients, unmodified, against ZeroDB: mem0_client.py URL KEY. Ends with a line that says how many calls were made."""

import asyncio
import os
import sys

os.environ["MEM0_TELEMETRY"] = "False"

from mem0 import AsyncMemoryClient, MemoryClient  # noqa: E402
from mem0.exceptions import MemoryNotFoundError, ValidationError  # noqa: E402

URL, KEY = sys.argv[1] + "/mem0", sys.argv[2]
calls = 0


def called(answer):
    global calls
    calls += 1
    return answer


def fails(error, call):
    try:
        call()
    except error:
        return called(None)
    raise AssertionError(f"{error} was expected")


def texts(page):
    return sorted(each["memory"] for each in page["results"])


def sync():
    client = called(MemoryClient(api_key=KEY, host=URL))
    assert client.project_id == "default"
    fails(ValueError, lambda: MemoryClient(api_key="zdb_wrong", host=URL))
    conversation = [{"role": "user", "content": "I live in Porto."}, {"role": "assistant", "content": "Porto it is."}]
    added = called(client.add(conversation, user_id="py", metadata={"topic": "home"}))
    assert added["status"] == "SUCCEEDED" and len(added["results"]) == 2
    called(client.add("The safe opens with 4711", filters={"user_id": "py"}, run_id="r", app_id="cli", infer=False))
    assert texts(called(client.get_all(filters={"user_id": "py"}))) == [
        "I live in Porto.",
        "Porto it is.",
        "The safe opens with 4711",
    ]
    page = called(client.get_all(filters={"AND": [{"user_id": "py"}, {"run_id": "*"}]}, page=1, page_size=1))
    assert page["count"] == 1 and page["next"] is None
    found = called(client.search("what opens the safe?", filters={"user_id": "py"}, top_k=1))["results"]
    assert found[0]["memory"] == "The safe opens with 4711" and found[0]["app_id"] == "cli"
    memory_id = found[0]["id"]
    assert called(client.get(memory_id))["run_id"] == "r"
    assert called(client.update(memory_id, text="The safe opens with 4712"))["memory"] == "The safe opens with 4712"
    events = [each["event"] for each in called(client.history(memory_id))]
    assert events == ["ADD", "UPDATE"]
    names = {(each["type"], each["name"]) for each in called(client.users())["results"]}
    assert {("user", "py"), ("run", "r"), ("app", "cli")} <= names
    called(client.feedback(memory_id, feedback="POSITIVE"))
    called(client.batch_update([{"memory_id": memory_id, "text": "The safe is gone"}]))
    assert called(client.get(memory_id))["memory"] == "The safe is gone"
    for filters, expected in [
        ({"AND": [{"user_id": "py"}, {"metadata": {"topic": "home"}}]}, 2),
        ({"AND": [{"user_id": "py"}, {"NOT": [{"metadata": {"topic": "home"}}]}]}, 1),
        ({"OR": [{"run_id": "r"}, {"user_id": "nobody"}]}, 1),
        ({"AND": [{"user_id": "py"}, {"created_at": {"gte": "2020-01-01"}}]}, 3),
    ]:
        assert called(client.get_all(filters=filters))["count"] == expected, filters
    called(client.batch_delete([{"memory_id": memory_id}]))
    fails(MemoryNotFoundError, lambda: client.get(memory_id))
    fails(ValidationError, lambda: client.get_all(filters={}))
    fails(ValidationError, lambda: client.add("for nobody"))
    called(client.delete_all(user_id="py"))
    assert called(client.get_all(filters={"user_id": "py"}))["count"] == 0
    called(client.add("Short of life", user_id="py2"))
    called(client.delete_users(user_id="py2"))
    called(client.add("The last one", user_id="py3", run_id="r3"))
    called(client.reset())


async def later():
    client = called(AsyncMemoryClient(api_key=KEY, host=URL))
    called(await client.add("I work as a welder.", user_id="async"))
    found = called(await client.search("welder", filters={"user_id": "async"}))
    assert found["results"]
    memory_id = found["results"][0]["id"]
    called(await client.update(memory_id, text="I work as a cook."))
    called(await client.history(memory_id))
    called(await client.delete(memory_id))
    called(await client.delete_all(user_id="async"))


sync()
asyncio.run(later())
print(f"{calls} calls")
