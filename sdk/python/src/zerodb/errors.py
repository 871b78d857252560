"""What calls raise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_RETRYABLE_WITHOUT_WORD = frozenset({429, 502, 503, 504})
_LONGEST_PLAIN_ANSWER = 300


class ZeroDbError(Exception):
    """The base of all errors of this package."""

    retryable: bool = False


class ApiError(ZeroDbError):
    """The server refused or failed (RFC 9457). Its subclasses stand for single codes."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None, request_id: str | None):
        self.status = status
        #: Stable, for programs. ``http_<status>`` where the answer names none.
        self.code: str = _text(problem.get("code")) or f"http_{status}"
        self.title: str = _text(problem.get("title")) or "Error"
        self.detail: str = _text(problem.get("detail")) or self.title
        #: ``{"path", "message"}`` for each fault of the input.
        self.errors: list[dict[str, str]] = [_fault(each) for each in _list(problem.get("errors"))]
        word = problem.get("retryable")
        self.retryable = word if isinstance(word, bool) else status in _RETRYABLE_WITHOUT_WORD
        #: Seconds that the server asks to wait.
        self.retry_after = retry_after
        outcome = problem.get("outcome")
        #: ``not_applied`` or ``unknown``: what became of a write that was refused or cut off.
        self.outcome: str | None = outcome if outcome in ("not_applied", "unknown") else None
        self.request_id = _text(problem.get("request_id")) or request_id
        #: The whole problem, with fields of single operations such as ``first_offset``.
        self.problem: dict[str, Any] = dict(problem)
        super().__init__(self.detail)


class UnauthenticatedError(ApiError):
    """There is no key, or it is wrong, expired or revoked."""


class ForbiddenError(ApiError):
    """The role of the key does not allow it."""


class NotFoundError(ApiError):
    """There is no such thing."""


class ConflictError(ApiError):
    """It contradicts what is there."""


class PreconditionFailedError(ApiError):
    """The condition of the request (``If-Match``) does not hold."""


class InvalidError(ApiError):
    """The input is invalid; ``errors`` says where."""


class RateLimitedError(ApiError):
    """Too many requests; ``retry_after`` says when to come back."""


class UnavailableError(ApiError):
    """The server cannot serve this now."""


class DeadlineExceededError(ApiError):
    """It did not end in time."""


_BY_CODE: dict[str, type[ApiError]] = {
    "unauthenticated": UnauthenticatedError,
    "key_expired": UnauthenticatedError,
    "key_revoked": UnauthenticatedError,
    "forbidden": ForbiddenError,
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "precondition_failed": PreconditionFailedError,
    "invalid": InvalidError,
    "rate_limited": RateLimitedError,
    "share_exceeded": RateLimitedError,
    "overloaded": UnavailableError,
    "unavailable": UnavailableError,
    "deadline_exceeded": DeadlineExceededError,
}


class UnreachableError(ZeroDbError):
    """No server answered: no connection, a broken one, or silence for too long. A write may have been applied."""

    retryable = True

    def __init__(self, url: str, reason: str):
        self.url = url
        self.reason = reason
        super().__init__(f"no server answers at {url} ({reason})")


class CircuitOpenError(ZeroDbError):
    """Not sent: too many calls failed just before. Nothing was applied."""

    retryable = True
    outcome = "not_applied"

    def __init__(self, retry_after: float):
        #: Seconds until a call is let through again.
        self.retry_after = retry_after
        super().__init__(f"not sent: the server failed many times in a row; try again in {retry_after:.1f} s")


def error_from(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """The error in an answer. A proxy may answer without problem+json: then its text is the detail."""
    problem = _problem(body)
    if "detail" not in problem and "title" not in problem:
        text = body[:_LONGEST_PLAIN_ANSWER].decode(errors="replace")
        problem["detail"] = f"the server answered {status} {text}".strip()
    kind = _BY_CODE.get(str(problem.get("code")), ApiError)
    return kind(status, problem, _seconds(headers.get("retry-after")), headers.get("x-request-id"))


def _problem(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return dict(value) if isinstance(value, dict) else {}


def _seconds(value: str | None) -> float | None:
    try:
        return None if value is None else max(0.0, float(value))
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _fault(value: object) -> dict[str, str]:
    fault = value if isinstance(value, dict) else {}
    return {"path": _text(fault.get("path")) or "", "message": _text(fault.get("message")) or ""}
