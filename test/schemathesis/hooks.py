"""Teaches schemathesis the media types that it has no writer for."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="surrogatepass")


@schemathesis.hook
def map_headers(ctx, headers):
    """A deadline of 50 ms may be missed honestly, by a 503; that is not what is looked for here."""
    return {name: value for name, value in (headers or {}).items() if name.lower() != "request-timeout"}
