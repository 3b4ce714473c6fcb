"""Errors as RFC 9457 problem details."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from streams.adapters.cloud_event import EventError
from streams.domain.errors import ServiceError, TapedeckError

logger = logging.getLogger(__name__)

_RETRY_SECONDS = "1"


class BusyError(ServiceError):
    """Another request works on the same event at this moment: come back later (409)."""


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """A response of type application/problem+json; `more` are extension members (section 3.2)."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **(more or {}),
    }
    return Response(json.dumps(body), status, headers, mimetype="application/problem+json")


def answer_errors(app: Flask) -> None:
    """Turn what a handler raises into the answers that Eventing understands.

    EventError: its own 4xx, never retried. BusyError: 409. Other errors of ours: 503. All else is
    a fault of the program: logged with its traceback, 500.
    """

    @app.errorhandler(Exception)
    def _answer(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            headers = {n: v for n, v in error.get_headers() if n.lower() != "content-type"}
            return problem(error.code or 500, error.description or "", headers)
        if isinstance(error, EventError):
            logger.warning("refused status=%d %s", error.status, error)
            return problem(error.status, str(error))
        if isinstance(error, BusyError):
            return problem(409, str(error), {"Retry-After": _RETRY_SECONDS})
        if isinstance(error, TapedeckError):
            logger.warning("unavailable %s", error)
            return problem(503, str(error), {"Retry-After": _RETRY_SECONDS})
        logger.exception("fault")
        return problem(500, "an unexpected error; the log has it")
