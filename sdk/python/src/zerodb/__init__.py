"""The client of ZeroDB: ``Client`` and ``AsyncClient``, models of the API, filters, errors."""

from . import errors, filters, models
from ._async_client import AsyncClient
from ._calls import BreakerSettings, CallOptions
from ._client import Client
from ._streams import EventMessage, ImportReport, ResetMessage, StreamMessage
from .errors import ApiError, CircuitOpenError, UnreachableError, ZeroDbError

__version__ = "0.1.0"
__all__ = [
    "ApiError",
    "AsyncClient",
    "BreakerSettings",
    "CallOptions",
    "CircuitOpenError",
    "Client",
    "EventMessage",
    "ImportReport",
    "ResetMessage",
    "StreamMessage",
    "UnreachableError",
    "ZeroDbError",
    "errors",
    "filters",
    "models",
]
