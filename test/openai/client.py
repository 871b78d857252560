"""OpenAI's own client against a server: prints one line of JSON for each step. Arguments: the base URL and a key."""

import io
import json
import sys

import openai
from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)
MODEL = "all-MiniLM-L6-v2"


def show(step, value):
    print(json.dumps([step, value]), flush=True)


def file(name, text):
    return (name, io.BytesIO(text.encode()))


show("models", [model.id for model in client.models.list()])
packed = client.embeddings.create(model=MODEL, input=["one", "two"])
plain = client.embeddings.create(model=MODEL, input=["one", "two"], encoding_format="float")
near = all(abs(a - b) < 1e-6 for a, b in zip(packed.data[1].embedding, plain.data[1].embedding))
show("embeddings", [len(packed.data), len(packed.data[0].embedding), near])

made = client.files.create(file=file("note.txt", "a note"), purpose="user_data")
show("file", [made.object, made.bytes, made.filename, client.files.content(made.id).text])

store = client.vector_stores.create(name="python", expires_after={"anchor": "last_active_at", "days": 1})
one = client.vector_stores.files.upload_and_poll(
    vector_store_id=store.id, file=file("cats.md", "# Cats\n\nCats purr and sleep."), attributes={"kind": "animal"}
)
show("upload_and_poll", [one.object, one.status, one.attributes])
batch = client.vector_stores.file_batches.upload_and_poll(
    vector_store_id=store.id,
    files=[file("rocket.txt", "The engine of the rocket burns methane."), file("bread.txt", "Bread is baked.")],
    file_ids=[made.id],
)
show("file_batches", [batch.status, batch.file_counts.completed])
found = client.vector_stores.search(vector_store_id=store.id, query="sleepy animals", max_num_results=2)
show("search", [found.data[0].filename, len(found.data), 0 <= found.data[0].score <= 1, found.data[0].content[0].type])
filtered = client.vector_stores.search(
    vector_store_id=store.id, query="x", filters={"type": "eq", "key": "kind", "value": "animal"}
)
show("filters", [result.filename for result in filtered])
changed = client.vector_stores.files.update(one.id, vector_store_id=store.id, attributes={"kind": "pet"})
show("attributes", changed.attributes)
content = client.vector_stores.files.content(one.id, vector_store_id=store.id)
show("content", [part.text for part in content])
show("pages", len(list(client.vector_stores.files.list(store.id, limit=1))))
try:
    client.vector_stores.retrieve("vs_none")
except openai.NotFoundError as error:
    show("error", [error.status_code, error.type, error.param, error.code])
for each in client.files.list(limit=2):
    client.files.delete(each.id)
show("files", len(list(client.files.list())))
show("deleted", client.vector_stores.delete(store.id).deleted)
show("stores", len(list(client.vector_stores.list())))
