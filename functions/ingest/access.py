"""Who may post, where a key is set."""

import hmac

from flask import Request, Response

from functions._shared.problems import problem


class ApiKey:
    """Lets requests pass that carry the key in `X-API-Key`, or as a bearer token."""

    def __init__(self, key: str | None) -> None:
        """Without a key everybody may post."""
        self._key = key.encode() if key else None

    def refuse(self, request: Request) -> Response | None:
        """The answer to a request without the key, or None."""
        if self._key is None:
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = request.headers.get("X-API-Key") or (token if scheme.lower() == "bearer" else "")
        if hmac.compare_digest(given.strip().encode("latin-1", "replace"), self._key):
            return None
        return problem(
            401,
            f"api key: expected the one that is set as X-API-Key or Authorization: Bearer, was "
            f"{'another' if given else 'missing'}",
            {"WWW-Authenticate": 'Bearer realm="tapedeck"'},
        )
