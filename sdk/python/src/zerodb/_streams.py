"""What both clients read of streams: lines, server-sent events, messages of a WebSocket, pieces of files and imports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel

from ._calls import Settings, encoded
from .errors import ApiError, UnreachableError, ZeroDbError, error_from

#: A line of a server's heartbeat comes every 15 seconds.
STREAM_SILENCE = 45.0
PART_BYTES = 8 * 1024 * 1024
IMPORT_SILENCE = 600.0
_LONGEST_LINE = 32 * 1024 * 1024
_LINES = 1_000
_CHUNK_BYTES = 4 * 1024 * 1024
_MOST_ERRORS = 100


@dataclass(frozen=True)
class EventMessage:
    """An event of a topic: a CloudEvent, and its offset."""

    offset: int
    event: dict[str, Any]
    kind: Literal["event"] = "event"


@dataclass(frozen=True)
class ResetMessage:
    """Retention has removed events that the reader has not seen."""

    first_offset: int
    after: int
    kind: Literal["reset"] = "reset"


StreamMessage = EventMessage | ResetMessage


@dataclass
class ImportReport:
    """What an import has stored so far. Lines count from 1 over the whole import; the first hundred errors are kept."""

    imported: int = 0
    failed: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, report: Mapping[str, Any], lines_before: int) -> None:
        self.imported += report["imported"]
        self.failed += report["failed"]
        for error in report["errors"][: _MOST_ERRORS - len(self.errors)]:
            self.errors.append({**error, "line": error["line"] + lines_before})


class Lines:
    """Takes bytes, gives the lines that are whole."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._parts.append(end)
            yield self._line()
        self._parts.append(rest)
        self._length += len(rest)
        if self._length > _LONGEST_LINE:
            raise ValueError(f"a line of the answer is longer than {_LONGEST_LINE} bytes")

    def end(self) -> Iterator[str]:
        if self._length > 0:
            yield self._line()

    def _line(self) -> str:
        line = b"".join(self._parts)
        self._parts, self._length = [], 0
        return line.removesuffix(b"\r").decode()


class SseReader:
    """Takes lines, gives messages."""

    def __init__(self, after: int) -> None:
        #: The offset to continue behind.
        self.after = after
        self._id = ""
        self._kind = "event"
        self._data: list[str] = []
        self._length = 0

    def feed(self, line: str) -> StreamMessage | None:
        if line == "":
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self._id = value
        elif name == "event":
            self._kind = value
        elif name == "data":
            self._data.append(value)
            self._length += len(value)
            if self._length > _LONGEST_LINE:
                raise ValueError(f"an event is longer than {_LONGEST_LINE} characters")
        return None

    def _dispatch(self) -> StreamMessage | None:
        kind, data = self._kind, self._data
        self._kind, self._data, self._length = "event", [], 0
        if not data or kind not in ("event", "reset"):
            return None
        self.after = int(self._id)
        value = json.loads("\n".join(data))
        if kind == "reset":
            return ResetMessage(value["first_offset"], value["after"])
        return EventMessage(self.after, value)


def stream_query(after: int, types: Sequence[str] | None, filter: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "after": after,
        "types": ",".join(types) if types else None,
        "filter": encoded(filter).decode() if filter is not None else None,
    }


def stream_headers(after: int) -> dict[str, str]:
    return {"accept": "text/event-stream", "last-event-id": str(after)}


_STATUS_OF_CODE = {
    "unauthenticated": 401,
    "key_expired": 401,
    "key_revoked": 401,
    "forbidden": 403,
    "not_found": 404,
    "invalid": 422,
    "rate_limited": 429,
    "share_exceeded": 429,
    "internal": 500,
}
_STATUS_OF_CLOSE = {4401: 401, 4403: 403, 4429: 429}


def realtime_url(settings: Settings) -> str:
    return "ws" + settings.url.removeprefix("http") + "/v1/realtime"


def realtime_greeting(
    settings: Settings, topic: str, after: int, types: Sequence[str] | None, filter: Mapping[str, Any] | None
) -> tuple[str, str]:
    auth: dict[str, Any] = {"type": "auth", "key": settings.key}
    if settings.project is not None:
        auth["project"] = settings.project
    subscribe: dict[str, Any] = {"type": "subscribe", "id": "s", "topic": topic, "after": after}
    if types:
        subscribe["types"] = list(types)
    if filter is not None:
        subscribe["filter"] = dict(filter)
    return encoded(auth).decode(), encoded(subscribe).decode()


def realtime_message(text: str | bytes) -> StreamMessage | None:
    """What a message says; None for those that carry no event. Raises the server's refusal."""
    message = json.loads(text)
    if message["type"] == "event":
        return EventMessage(message["event"]["offset"], message["event"])
    if message["type"] == "reset":
        return ResetMessage(message["first_offset"], message["after"])
    if message["type"] == "error":
        raise _refusal(_STATUS_OF_CODE.get(message["code"], 503), message["code"], message["message"])
    return None


def offset_behind(message: StreamMessage) -> int:
    return message.offset if isinstance(message, EventMessage) else message.first_offset - 1


def realtime_closed(url: str, code: int | None) -> ZeroDbError:
    status = _STATUS_OF_CLOSE.get(code or 0)
    if status is None:
        return UnreachableError(url, f"closed with {code}")
    return _refusal(status, f"http_{status}", f"closed with {code}")


def _refusal(status: int, code: str, detail: str) -> ApiError:
    problem = {"code": code, "title": "Refused", "detail": detail, "retryable": status == 429 or status >= 500}
    return error_from(status, encoded(problem), {})


class Chunker:
    """Collects records into pieces of at most 1,000 lines."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._length = 0

    def add(self, record: Mapping[str, Any] | BaseModel) -> list[bytes] | None:
        """The piece that is full, if one is."""
        line = encoded(record) + b"\n"
        full = None
        if self._lines and (len(self._lines) >= _LINES or self._length + len(line) > _CHUNK_BYTES):
            full = self.rest()
        self._lines.append(line)
        self._length += len(line)
        return full

    def rest(self) -> list[bytes]:
        lines, self._lines, self._length = self._lines, [], 0
        return lines


class Parts:
    """Cuts a source of bytes into parts of one size; the last may be shorter. An empty file has one empty part."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._buffer = bytearray()
        self._count = 0

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        view = memoryview(piece)
        while len(view) > 0:
            taken = view[: self._size - len(self._buffer)]
            self._buffer += taken
            view = view[len(taken) :]
            if len(self._buffer) == self._size:
                yield self._take()

    def end(self) -> Iterator[tuple[int, bytes]]:
        if self._buffer or self._count == 0:
            yield self._take()

    def _take(self) -> tuple[int, bytes]:
        part, self._buffer = bytes(self._buffer), bytearray()
        self._count += 1
        return self._count, part


def pieces_of(source: bytes | BinaryIO | Iterable[bytes], size: int) -> Iterator[bytes]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield bytes(source)
    elif hasattr(source, "read"):
        while piece := source.read(size):
            yield piece
    else:
        yield from source


def checked_answer(status: int, body: bytes, headers: Mapping[str, str]) -> Any:
    """The JSON of a success, or None without one. Raises ``ApiError`` for everything else."""
    if not 200 <= status < 300:
        raise error_from(status, body, headers)
    return json.loads(body) if body else None
