"""Chroma's own clients, unmodified, against ZeroDB: chroma_client.py URL KEY. Ends with a line that says how many calls were made."""

import asyncio
import sys

import chromadb
from chromadb.config import Settings
from chromadb.errors import ChromaAuthError, ChromaError, InvalidArgumentError, NotFoundError, UniqueConstraintError

URL, KEY = sys.argv[1] + "/chroma", sys.argv[2]
QUIET = Settings(anonymized_telemetry=False)
BEARER = {"Authorization": f"Bearer {KEY}"}
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


def near(found, expected):
    assert all(abs(a - b) < 1e-5 for a, b in zip(found, expected, strict=True)), (found, expected)


def sync():
    client = called(chromadb.HttpClient(host=URL, headers=BEARER, settings=QUIET))
    fails((ChromaAuthError, ValueError), lambda: chromadb.HttpClient(host=URL, settings=QUIET).list_collections())
    assert called(client.heartbeat()) > 0 and called(client.get_max_batch_size()) == 10_000
    docs = called(client.create_collection("py-docs", metadata={"a": 1}, embedding_function=None))
    assert called(docs.count()) == 0 and called(docs.query(query_embeddings=[[1.0, 2.0]]))["ids"] == [[]]
    called(
        docs.add(
            ids=["a", "b", "c"],
            embeddings=[[1.0, 0.0], [0.0, 1.0], [0.0, 3.0]],
            documents=["quick fox", "lazy dog", "cat"],
            metadatas=[{"n": 1, "s": "x"}, {"n": 2.5, "tags": ["p", "q"]}, {"ok": True}],
        )
    )
    called(docs.add(ids=["a", "d"], embeddings=[[9.0, 9.0], [1.0, 1.0]], uris=["no", "file:///d"]))
    all_of = called(docs.get(include=["embeddings", "documents", "metadatas", "uris"]))
    assert all_of["ids"] == ["a", "b", "c", "d"] and all_of["embeddings"].dtype.kind == "f"
    assert all_of["documents"][3] is None and all_of["metadatas"][3] is None and all_of["uris"][3] == "file:///d"
    found = called(docs.query(query_embeddings=[[1.0, 0.0], [0.0, 3.0]], n_results=2))
    assert found["ids"] == [["a", "d"], ["c", "b"]]
    near(found["distances"][0], [0, 1])
    near(found["distances"][1], [0, 4])
    for where, ids in [
        ({"n": 1}, ["a"]),
        ({"n": {"$gte": 2}}, ["b"]),
        ({"s": {"$ne": "x"}}, ["b", "c", "d"]),
        ({"$or": [{"ok": True}, {"s": {"$in": ["x"]}}]}, ["a", "c"]),
        ({"tags": {"$contains": "q"}}, ["b"]),
    ]:
        assert called(docs.get(where=where))["ids"] == ids, where
    assert called(docs.get(where_document={"$contains": "k f"}))["ids"] == ["a"]
    assert called(docs.get(where_document={"$not_contains": "a"}, limit=1, offset=1))["ids"] == ["d"]
    vectors = [[1.0, 0.0], [1.0, 0.0]]
    changes = [{"n": None, "m": 1}, {"m": 1}]
    called(docs.update(ids=["a", "none"], embeddings=vectors, metadatas=changes, documents=["changed", "no"]))
    called(docs.upsert(ids=["a", "e"], embeddings=[[2.0, 2.0], [3.0, 3.0]]))
    one = called(docs.get(ids=["a"], include=["embeddings", "documents", "metadatas"]))
    assert one["documents"] == ["changed"] and one["metadatas"] == [{"s": "x", "m": 1}]
    assert one["embeddings"].tolist() == [[2.0, 2.0]] and called(docs.peek(1))["ids"] == ["a"]
    called(docs.delete(ids=["e"]))
    called(docs.delete(where={"m": 1}))
    assert called(docs.count()) == 3
    called(docs.modify(name="py-renamed", metadata={"b": 2}))
    assert called(client.get_collection("py-renamed", embedding_function=None)).metadata == {"b": 2}
    fails(NotFoundError, lambda: client.get_collection("py-docs"))
    fails(UniqueConstraintError, lambda: client.create_collection("py-renamed"))
    fails(InvalidArgumentError, lambda: docs.add(ids=["z"], embeddings=[[1.0]]))
    fails(Exception, lambda: docs.get(where_document={"$regex": "a+"}))
    cosine = called(client.create_collection("py-cosine", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None))
    called(cosine.add(ids=["a", "b"], embeddings=[[2.0, 0.0], [1.0, 1.0]]))
    near(called(cosine.query(query_embeddings=[[1.0, 0.0]]))["distances"][0], [0, 0.2928932])
    called(client.delete_collection("py-cosine"))
    called(client.delete_collection("py-renamed"))
    fails(ChromaError, lambda: docs.count())
    administer(client)


def administer(client):
    settings = Settings(
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=URL,
        chroma_server_http_port=80,
        chroma_server_headers=dict(BEARER),
        anonymized_telemetry=False,
    )
    admin = called(chromadb.AdminClient(settings))
    called(admin.create_tenant("py-tenant"))
    called(admin.create_database("py-database", "py-tenant"))
    assert [each["name"] for each in called(admin.list_databases(tenant="py-tenant"))] == ["py-database"]
    token = {"X-Chroma-Token": KEY}
    other = called(chromadb.HttpClient(host=URL, tenant="py-tenant", database="py-database", headers=token, settings=QUIET))
    called(called(other.create_collection("py-apart", embedding_function=None)).add(ids=["a"], embeddings=[[1.0]]))
    assert [each.name for each in called(other.list_collections())] == ["py-apart"]
    assert "py-apart" not in [each.name for each in called(client.list_collections())]
    called(admin.delete_database("py-database", "py-tenant"))
    fails(NotFoundError, lambda: other.list_collections())


async def later():
    client = called(await chromadb.AsyncHttpClient(host=URL, headers=BEARER, settings=QUIET))
    docs = called(await client.get_or_create_collection("py-async", embedding_function=None))
    called(await docs.add(ids=["a"], embeddings=[[1.0, 2.0]], documents=["d"]))
    assert called(await docs.query(query_embeddings=[[1.0, 2.0]]))["documents"] == [["d"]]
    called(await client.delete_collection("py-async"))


sync()
asyncio.run(later())
print(f"{calls} calls")
