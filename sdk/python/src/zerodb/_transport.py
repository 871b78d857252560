"""Where asynchronous and synchronous code differ."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import BinaryIO, TypeVar

import anyio
import httpx

from ._streams import Parts, pieces_of

T = TypeVar("T")
async_sleep = anyio.sleep
sleep = time.sleep


async def async_answer(http: httpx.AsyncClient, request: httpx.Request, seconds: float) -> httpx.Response:
    """The whole answer. Raises ``TimeoutError`` when it takes longer."""
    with anyio.fail_after(seconds):
        return await http.send(request)


def answer(http: httpx.Client, request: httpx.Request, seconds: float) -> httpx.Response:
    """The whole answer. Raises ``TimeoutError`` when it takes longer; a timeout of httpx bounds one wait, not all of them."""
    ends_at = time.monotonic() + seconds
    response = http.send(request, stream=True)
    body = bytearray()
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if time.monotonic() > ends_at:
                raise TimeoutError
    finally:
        response.close()
    headers = [(name, value) for name, value in response.headers.items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


async def async_each(values: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(values, AsyncIterable):
        async for value in values:
            yield value
    else:
        for value in values:
            yield value


def each(values: Iterable[T]) -> Iterator[T]:
    return iter(values)


async def async_parts(
    source: bytes | BinaryIO | Iterable[bytes] | AsyncIterable[bytes], size: int
) -> AsyncIterator[tuple[int, bytes]]:
    cut = Parts(size)
    pieces = source if isinstance(source, AsyncIterable) else pieces_of(source, size)
    async for piece in async_each(pieces):
        for part in cut.feed(piece):
            yield part
    for part in cut.end():
        yield part


def parts(source: bytes | BinaryIO | Iterable[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    cut = Parts(size)
    for piece in pieces_of(source, size):
        yield from cut.feed(piece)
    yield from cut.end()


async def async_shielded(work: Callable[[], Awaitable[None]]) -> None:
    """Also when the caller was cancelled."""
    with anyio.CancelScope(shield=True):
        await work()


def shielded(work: Callable[[], None]) -> None:
    work()
