"""The runtime's own HTTP client, which adds nothing to what it passes on."""

import aiohttp
from aiohttp import hdrs

NOTHING_ADDED = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT, hdrs.CONTENT_TYPE)
"""Headers that the client would make up: without them a function sees what its caller sent."""


def http_session() -> aiohttp.ClientSession:
    """Connections without limits of their own: the manifests set them."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=NOTHING_ADDED,
    )
