"""What both clients decide without sending anything: the request, what is repeated, when, and for how long."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict
from urllib.parse import quote, urlencode

from pydantic import BaseModel

from .errors import ApiError, CircuitOpenError, UnreachableError, ZeroDbError

_FIRST_BACK_OFF = 0.25
_LONGEST_BACK_OFF = 10.0
#: A server that asks for a longer wait is not waited for: the caller gets its refusal.
_LONGEST_WAIT = 60.0
_GONE = frozenset({502, 503, 504})
#: Operations that keep no answers by key: what they do twice is done twice.
_KEEP_NONE = frozenset({"/graphql", "/mcp", "/v1/keys/{id}/s3", "/v1/topics/{topic}/groups/{group}/poll"})
#: The one parameter that takes the rest of the path: the slashes of a file's key separate folders.
_REST_OF_PATH = "key"
_ACCEPT = "application/json, application/problem+json, application/x-ndjson"


@dataclass(frozen=True)
class BreakerSettings:
    """After ``failures`` in a row, calls are refused for ``open_seconds``; then one is let through as a trial."""

    failures: int = 10
    open_seconds: float = 5.0


@dataclass(frozen=True)
class Settings:
    """What all calls of a client have in common."""

    url: str
    key: str | None = None
    #: Sent as ``ZeroDB-Project``; only the root key may name one.
    project: str | None = None
    retries: int = 3
    idempotency_keys: bool = True
    breaker: BreakerSettings | None = field(default_factory=BreakerSettings)
    #: Seconds after which a server that answers nothing is left, where a call has no timeout.
    silence: float = 120.0
    #: Gives the W3C ``traceparent`` of the caller's span.
    traceparent: Callable[[], str | None] | None = None


class CallOptions(TypedDict, total=False):
    """What every operation takes beside its own arguments."""

    headers: Mapping[str, str]
    #: Seconds that the server may take for one attempt (``Request-Timeout``), 0.05 to 60.
    timeout: float
    #: Seconds for the whole call, with all its attempts and the waits between them.
    deadline: float
    retries: int
    #: Whether the call has the same effect when it is made twice.
    repeatable: bool
    #: Seconds after which a server that answers nothing is left, without telling it a deadline.
    silence: float


@dataclass(frozen=True)
class Timing:
    """The limits of one attempt, in seconds."""

    server: float | None
    silence: float


class Breaker:
    """Refuses calls without sending them after many failures in a row. Threads may share it."""

    def __init__(self, settings: BreakerSettings | None):
        self._settings = settings
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0
        self._has_trial = False

    def enter(self) -> bool:
        """Whether this call is the trial. Raises ``CircuitOpenError`` while the circuit is open."""
        with self._lock:
            if self._settings is None or self._failures < self._settings.failures:
                return False
            wait = self._open_until - time.monotonic()
            if wait > 0 or self._has_trial:
                raise CircuitOpenError(max(0.0, wait))
            self._has_trial = True
            return True

    def leave(self, is_trial: bool, error: BaseException | None) -> None:
        with self._lock:
            if is_trial:
                self._has_trial = False
            if self._settings is None:
                return
            if error is None or (isinstance(error, ApiError) and error.status not in _GONE):
                self._failures = 0
            elif isinstance(error, (ApiError, UnreachableError)):
                self._failures += 1
                if self._failures >= self._settings.failures:
                    self._open_until = time.monotonic() + self._settings.open_seconds


@dataclass(frozen=True)
class Call:
    """One call, before it is sent."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None
    options: CallOptions
    is_repeatable: bool


def call_of(
    settings: Settings,
    method: str,
    path: str,
    *,
    params: Mapping[str, object] | None = None,
    query: Mapping[str, object] | None = None,
    body: object = None,
    content: bytes | None = None,
    content_type: str | None = None,
    options: CallOptions,
) -> Call:
    method = method.upper()
    headers = {"accept": _ACCEPT}
    if content is None and body is not None:
        content, content_type = encoded(body), "application/json"
        is_stream = False
    else:
        is_stream = content is not None
    if content_type is not None:
        headers["content-type"] = content_type
    if settings.key is not None:
        headers["authorization"] = f"Bearer {settings.key}"
    if settings.project is not None:
        headers["zerodb-project"] = settings.project
    traceparent = settings.traceparent() if settings.traceparent else None
    if traceparent:
        headers["traceparent"] = traceparent
    headers.update({name.lower(): value for name, value in options.get("headers", {}).items()})
    is_read = method in ("GET", "HEAD")
    takes_key = not is_read and not is_stream and path not in _KEEP_NONE and options.get("repeatable") is not False
    if settings.idempotency_keys and takes_key:
        headers.setdefault("idempotency-key", uuid.uuid4().hex)
    is_repeatable = options.get("repeatable", is_read or "idempotency-key" in headers)
    return Call(method, settings.url + path_with(path, params, query), headers, content, options, is_repeatable)


class Attempts:
    """What becomes of a call, attempt by attempt."""

    def __init__(self, settings: Settings, breaker: Breaker, call: Call):
        self._settings = settings
        self._breaker = breaker
        self._call = call
        self._left = call.options.get("retries", settings.retries)
        self._ends_at = time.monotonic() + call.options.get("deadline", float("inf"))
        self._attempt = 0
        self._is_trial = False
        # Of the first attempt that may have been applied.
        self._doubt: BaseException | None = None

    def begin(self) -> Timing:
        try:
            self._is_trial = self._breaker.enter()
        except CircuitOpenError as error:
            raise self._told(error) from None
        timeout = self._call.options.get("timeout")
        silence = self._call.options.get("silence", self._settings.silence)
        if timeout is not None:
            silence = timeout + min(5.0, max(1.0, timeout / 2))
        left = self._ends_at - time.monotonic()
        if left == float("inf"):
            return Timing(timeout, silence)
        return Timing(min(timeout or 60.0, max(0.05, left), 60.0), max(0.001, min(left, silence)))

    def succeeded(self) -> None:
        self._breaker.leave(self._is_trial, None)

    def failed(self, error: BaseException) -> float:
        """Seconds until the next attempt. Raises the error when there is none."""
        self._breaker.leave(self._is_trial, error)
        told = self._told(error)
        delay = retry_delay(error, self._attempt, self._call.is_repeatable) if self._left > 0 else None
        if delay is None or time.monotonic() + delay >= self._ends_at:
            raise told
        self._left -= 1
        self._attempt += 1
        return delay

    def _told(self, error: BaseException) -> BaseException:
        """What a later attempt says of itself, that nothing was applied, does not hold for the whole call."""
        if self._call.method in ("GET", "HEAD"):
            return error
        if _nothing_was_applied(error):
            return self._doubt or error
        self._doubt = self._doubt or error
        return error


def _nothing_was_applied(error: BaseException) -> bool:
    return getattr(error, "outcome", None) == "not_applied"


def retry_delay(error: BaseException, attempt: int, is_repeatable: bool) -> float | None:
    """Whether a call that failed like this is made again, and after how many seconds. ``attempt`` counts from 0."""
    if not isinstance(error, (ApiError, UnreachableError)) or not error.retryable:
        return None
    if not is_repeatable and not _nothing_was_applied(error):
        return None
    asked = (error.retry_after or 0.0) if isinstance(error, ApiError) else 0.0
    return None if asked > _LONGEST_WAIT else asked + back_off(attempt)


def delay_until_next(error: ZeroDbError, attempt: int) -> float:
    """When a broken stream is opened again. Raises the error when the server refuses for good."""
    if isinstance(error, CircuitOpenError):
        return error.retry_after + back_off(attempt)
    delay = retry_delay(error, attempt, True)
    if delay is None:
        raise error
    return delay


def back_off(attempt: int) -> float:
    """Full jitter: clients that failed together do not return together."""
    return random.random() * min(_LONGEST_BACK_OFF, _FIRST_BACK_OFF * 2.0 ** min(attempt, 30))


def path_with(template: str, params: Mapping[str, object] | None, query: Mapping[str, object] | None) -> str:
    values = params or {}

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in values:
            raise TypeError(f'The path {template} needs a value for "{name}".')
        value = str(values[name])
        return "/".join(map(_quoted, value.split("/"))) if name == _REST_OF_PATH else _quoted(value)

    path = re.sub(r"\{(\w+)\}", value_of, template)
    text = urlencode({name: _plain(value) for name, value in (query or {}).items() if value is not None})
    return f"{path}?{text}" if text else path


def _quoted(value: str) -> str:
    # "." and ".." would be read as steps between folders; the API refuses such names anyway.
    return value.replace(".", "%252E") if value in (".", "..") else quote(value, safe="")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def encoded(body: object) -> bytes:
    """JSON in UTF-8. Raises ``ValueError`` for what JSON cannot say, such as NaN."""
    return json.dumps(body, default=_dumped, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _dumped(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    raise TypeError(f"{type(value).__name__} is not JSON")
