"""The client for asyncio and trio. ``_client.py`` is made of this file by ``generate.py``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, BinaryIO, TypeVar, overload

import httpx
from pydantic import BaseModel, TypeAdapter
from typing_extensions import Self, Unpack

from ._async_operations import AsyncOperations
from ._calls import Attempts, Breaker, BreakerSettings, Call, CallOptions, Settings, Timing, call_of, delay_until_next
from ._streams import (
    IMPORT_SILENCE,
    PART_BYTES,
    STREAM_SILENCE,
    Chunker,
    ImportReport,
    Lines,
    SseReader,
    StreamMessage,
    checked_answer,
    offset_behind,
    realtime_closed,
    realtime_greeting,
    realtime_message,
    realtime_url,
    stream_headers,
    stream_query,
)
from ._transport import async_answer, async_each, async_parts, async_shielded, async_sleep
from .errors import UnreachableError, ZeroDbError
from .models import StoredFile

T = TypeVar("T")
_OPENING = 15.0


class AsyncClient(AsyncOperations):
    """
    Calls to one server. They raise ``ApiError`` (the server refused), ``UnreachableError`` (nobody answered) or
    ``CircuitOpenError`` (nothing was sent). Use it as a context manager, or end it by ``close``.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        project: str | None = None,
        retries: int = 3,
        idempotency_keys: bool = True,
        breaker: BreakerSettings | None = BreakerSettings(),  # noqa: B008
        silence: float = 120.0,
        traceparent: Callable[[], str | None] | None = None,
        http: httpx.AsyncClient | None = None,
    ):
        self.settings = Settings(
            url.rstrip("/"), key, project, retries, idempotency_keys, breaker, silence, traceparent
        )
        self._breaker = Breaker(breaker)
        self._http = http or httpx.AsyncClient()
        self._owns_http = http is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends its connections; those of a client that was passed as ``http`` stay."""
        if self._owns_http:
            await self._http.aclose()

    @overload
    async def call(
        self,
        method: str,
        path: str,
        *,
        into: type[T],
        params: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        body: object = None,
        content: bytes | None = None,
        content_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> T: ...

    @overload
    async def call(
        self,
        method: str,
        path: str,
        *,
        into: None = None,
        params: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        body: object = None,
        content: bytes | None = None,
        content_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Any: ...

    async def call(
        self,
        method: str,
        path: str,
        *,
        into: type[T] | None = None,
        params: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        body: object = None,
        content: bytes | None = None,
        content_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """
        Calls an operation by its method and path. ``body`` is a model of ``zerodb.models`` or anything that is JSON. The answer is
        read into the model ``into``, or is what the JSON says; None where the answer has no body.
        """
        call = call_of(
            self.settings,
            method,
            path,
            params=params,
            query=query,
            body=body,
            content=content,
            content_type=content_type,
            options=options,
        )
        answer = await self._perform(call)
        return answer if into is None else TypeAdapter(into).validate_python(answer)

    async def list(
        self,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[dict[str, Any]]:
        """Every entry of a list, page after page."""
        after: str | None = None
        while True:
            paged = {**(query or {}), **({"after": after} if after is not None else {})}
            page = await self.call("GET", path, params=params, query=paged, **options)
            for entry in page["data"]:
                yield entry
            after = page["next_cursor"] if page["has_more"] else None
            if after is None:
                return

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        read_timeout: float | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[httpx.Response]:
        """A success whose body is still to be read: ``async with client.stream(path) as response``. It is not repeated."""
        call = call_of(self.settings, "GET", path, params=params, query=query, options=options)
        timing = Timing(options.get("timeout"), read_timeout or self.settings.silence)
        is_trial = self._breaker.enter()
        try:
            response = await self._open(self._request(call, timing))
        except BaseException as error:
            self._breaker.leave(is_trial, error)
            raise
        self._breaker.leave(is_trial, None)
        try:
            yield response
        except httpx.TransportError as error:
            raise UnreachableError(self.settings.url, _reason(error)) from error
        finally:
            await response.aclose()

    async def events(
        self,
        topic: str,
        *,
        after: int | None = None,
        types: Sequence[str] | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[StreamMessage]:
        """
        The events of a topic, as server-sent events, behind the offset ``after``; without it, behind the last event. Continues
        behind the last message after a broken connection.
        """
        reader = SseReader(await self._end_of(topic) if after is None else after)
        attempt = 0
        while True:
            delay = 0.0
            reader = SseReader(reader.after)
            try:
                async with self.stream(
                    "/v1/topics/{topic}/stream",
                    params={"topic": topic},
                    query=stream_query(reader.after, types, filter),
                    headers=stream_headers(reader.after),
                    read_timeout=STREAM_SILENCE,
                ) as response:
                    lines = Lines()
                    async for chunk in response.aiter_bytes():
                        for line in lines.feed(chunk):
                            message = reader.feed(line)
                            if message is not None:
                                attempt = 0
                                yield message
                raise UnreachableError(self.settings.url, "the stream ended")
            except ZeroDbError as error:
                delay = delay_until_next(error, attempt)
            attempt += 1
            await async_sleep(delay)

    async def subscribe(
        self,
        topic: str,
        *,
        after: int | None = None,
        types: Sequence[str] | None = None,
        filter: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[StreamMessage]:
        """As ``events``, over a WebSocket. Needs the package ``websockets``: ``pip install zerodb[realtime]``; asyncio only."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, WebSocketException

        offset = await self._end_of(topic) if after is None else after
        attempt = 0
        while True:
            delay = 0.0
            try:
                async with connect(realtime_url(self.settings), open_timeout=_OPENING) as socket:
                    for greeting in realtime_greeting(self.settings, topic, offset, types, filter):
                        await socket.send(greeting)
                    while True:
                        message = realtime_message(await socket.recv())
                        if message is not None:
                            attempt = 0
                            offset = offset_behind(message)
                            yield message
            except ConnectionClosed as closed:
                delay = delay_until_next(
                    realtime_closed(self.settings.url, closed.rcvd.code if closed.rcvd else None), attempt
                )
            except (OSError, WebSocketException) as error:
                delay = delay_until_next(UnreachableError(self.settings.url, str(error)), attempt)
            except ZeroDbError as error:
                delay = delay_until_next(error, attempt)
            attempt += 1
            await async_sleep(delay)

    async def import_records(
        self,
        collection: str,
        records: Iterable[Mapping[str, Any] | BaseModel] | AsyncIterable[Mapping[str, Any] | BaseModel],
        *,
        on_error: str = "continue",
        on_progress: Callable[[ImportReport], None] | None = None,
    ) -> ImportReport:
        """
        Stores records from any iterable, in requests of at most 1,000, each committed when it is answered. A request whose outcome is
        not known is not repeated: it might overwrite what others wrote since.
        """
        report = ImportReport()
        sent = 0
        chunker = Chunker()

        async def send(lines: Sequence[bytes]) -> bool:
            nonlocal sent
            answer = await self.call(
                "POST",
                "/v1/collections/{collection}/import",
                params={"collection": collection},
                query={"on_error": on_error},
                content=b"".join(lines),
                content_type="application/x-ndjson",
                silence=IMPORT_SILENCE,
            )
            report.add(answer, sent)
            sent += len(lines)
            if on_progress is not None:
                on_progress(report)
            return on_error == "stop" and report.failed > 0

        async for record in async_each(records):
            full = chunker.add(record)
            if full is not None and await send(full):
                return report
        rest = chunker.rest()
        if rest:
            await send(rest)
        return report

    async def export_records(
        self, collection: str, *, vector_format: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Every record with its vector, in the order of ids. A connection that breaks raises: an export is whole or an error."""
        async with self.stream(
            "/v1/collections/{collection}/export",
            params={"collection": collection},
            query={"vector_format": vector_format},
        ) as response:
            lines = Lines()
            async for chunk in response.aiter_bytes():
                for line in lines.feed(chunk):
                    if line:
                        yield json.loads(line)
            for line in lines.end():
                yield json.loads(line)

    async def upload(
        self,
        bucket: str,
        key: str,
        source: bytes | BinaryIO | Iterable[bytes] | AsyncIterable[bytes],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        part_bytes: int = PART_BYTES,
        on_progress: Callable[[int], None] | None = None,
    ) -> StoredFile:
        """
        Sends a file of any size in parts, each checked by its SHA-256 and sent again alone. A failed upload is given up: nothing
        becomes visible, unless the outcome of the last request, which completes it, is unknown (``UnreachableError``, or an
        ``ApiError`` whose ``outcome`` is not ``not_applied``): then check whether the file exists.
        """
        body: dict[str, Any] = {"bucket": bucket, "key": key}
        if content_type is not None:
            body["content_type"] = content_type
        if metadata is not None:
            body["metadata"] = dict(metadata)
        upload = await self.call("POST", "/v1/uploads", body=body)
        params = {"id": upload["id"]}
        try:
            sent: list[dict[str, Any]] = []
            total = 0
            async for number, part in async_parts(source, part_bytes):
                sha256 = hashlib.sha256(part).hexdigest()
                await self.call(
                    "PUT",
                    "/v1/uploads/{id}/parts/{number}",
                    params={**params, "number": number},
                    content=part,
                    content_type="application/octet-stream",
                    headers={"x-content-sha256": sha256},
                    repeatable=True,
                )
                sent.append({"number": number, "sha256": sha256})
                total += len(part)
                if on_progress is not None:
                    on_progress(total)
            return await self.call(
                "POST",
                "/v1/uploads/{id}/complete",
                params=params,
                body={"parts": sent},
                repeatable=True,
                into=StoredFile,
            )
        except BaseException:
            await async_shielded(lambda: self._give_up(params))
            raise

    async def _give_up(self, params: Mapping[str, object]) -> None:
        try:
            await self.call("DELETE", "/v1/uploads/{id}", params=params, retries=0, timeout=5.0)
        except ZeroDbError:
            pass

    async def _end_of(self, topic: str) -> int:
        counted = await self.call("GET", "/v1/topics/{topic}", params={"topic": topic})
        return int(counted["last_offset"] or 0)

    async def _open(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._http.send(request, stream=True)
            if not response.is_success:
                try:
                    body = await response.aread()
                finally:
                    await response.aclose()
                checked_answer(response.status_code, body, response.headers)
            return response
        except httpx.TransportError as error:
            raise UnreachableError(self.settings.url, _reason(error)) from error

    async def _perform(self, call: Call) -> Any:
        attempts = Attempts(self.settings, self._breaker, call)
        while True:
            timing = attempts.begin()
            try:
                answer = await self._attempt(call, timing)
            except BaseException as error:
                delay = attempts.failed(error)
            else:
                attempts.succeeded()
                return answer
            await async_sleep(delay)

    async def _attempt(self, call: Call, timing: Timing) -> Any:
        try:
            response = await async_answer(self._http, self._request(call, timing), timing.silence)
        except TimeoutError as error:
            raise UnreachableError(self.settings.url, f"no answer in {timing.silence:.1f} s") from error
        except httpx.TransportError as error:
            raise UnreachableError(self.settings.url, _reason(error)) from error
        return checked_answer(response.status_code, response.content, response.headers)

    def _request(self, call: Call, timing: Timing) -> httpx.Request:
        headers = dict(call.headers)
        if timing.server is not None:
            headers["request-timeout"] = str(round(timing.server * 1000))
        return self._http.build_request(
            call.method, call.url, headers=headers, content=call.content, timeout=httpx.Timeout(timing.silence)
        )


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
