"""From aiohttp's requests to ours."""

from __future__ import annotations

from aiohttp import web

from bridge.domain.request import Request


def head(http: web.Request) -> Request:
    """The request without its body. Bytes of a header that are no UTF-8 become U+FFFD: they prove nothing."""
    headers = {
        name.lower(): value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for name, value in http.headers.items()
    }
    query = {name: http.query[name] for name in http.query}
    return Request(method=http.method, headers=headers, query=query, body=b"")
