"""Headers of every answer: what a browser may do with it, and who may read it from a page."""

from collections.abc import Sequence

from flask import Flask, Response, request

_POLICY = "default-src 'none'; frame-ancestors 'none'"
_METHODS = "GET, HEAD, OPTIONS"
_ASKED = "Accept, If-None-Match, Traceparent"
_SHOWN = "ETag, Link, Retry-After"
_PREFLIGHT_SECONDS = "600"


def send_headers(app: Flask, origins: Sequence[str]) -> None:
    """Add them; `origins` may read answers from their pages (`*`: any), by default none."""

    @app.after_request
    def _send(answer: Response) -> Response:
        headers = answer.headers
        headers.setdefault("Content-Security-Policy", _POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        if answer.status_code >= 400:
            headers.setdefault("Cache-Control", "no-store")
        if origins:
            _share(answer, origins)
        return answer


def _share(answer: Response, origins: Sequence[str]) -> None:
    origin = request.headers.get("Origin")
    answer.vary.add("Origin")
    if origin is None or not (origin in origins or "*" in origins):
        return
    headers = answer.headers
    headers["Access-Control-Allow-Origin"] = "*" if "*" in origins else origin
    headers["Access-Control-Expose-Headers"] = _SHOWN
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = _METHODS
        headers["Access-Control-Allow-Headers"] = _ASKED
        headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
