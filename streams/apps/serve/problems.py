"""Errors of the local runtime as RFC 9457 problem details."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """A response of type application/problem+json."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return web.Response(
        status=status,
        text=json.dumps(body),
        content_type="application/problem+json",
        headers=headers,
    )
