"""Teaches schemathesis the media types that it has no writer for."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="surrogatepass")


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """A short deadline may be missed honestly, by a 503; that is not what is looked for here. Faulty ones are kept."""
    headers = case.headers or {}
    name = next((name for name in headers if name.lower() == "request-timeout"), "Request-Timeout")
    if str(headers.get(name, "50")).isdigit() and 50 <= int(headers.get(name, "50")) <= 60_000:
        case.headers = {**headers, name: "60000"}
