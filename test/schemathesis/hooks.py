"""Teaches schemathesis the media types that it has no writer for."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="surrogatepass")
