"""The OpenAPI description: what every operation may answer, and the schemas of it.

Made when it is first asked for: a function that has just been started answers sooner.
"""

from typing import Any

from flask_openapi.models.info import Info
from flask_openapi.models.tag import Tag
from flask_openapi.openapi import OpenAPI

from functions.query.answer import CSV, JSON, csv_bytes
from functions.query.refusal import refuse_invalid

PREFIX = "/api/v1"
SHAPE = "x-shape"
"""Of an operation: the name of what it answers, among `functions.query.envelopes`."""
_REF = "#/components/schemas/"
_PROBLEM = "application/problem+json"
_TEXT = """
What is stored: ticks, bars, indicators, signals, and what is known beside them.

**Pages.** Rows come newest first (`order=asc`: oldest first), at most `limit`; `next` (and the
header `Link`) leads to the page after. Pages go by key, not by offset: rows that arrive meanwhile
shift nothing. **Times** are epoch milliseconds UTC; `from` and `to` also take ISO-8601, and `to`
is not included. **CSV** with `Accept: text/csv`, with the columns of `tapedeck export`.
**Caching**: every answer has a strong `ETag`; send it back as `If-None-Match` and an unchanged
answer is an empty 304. **Errors** are RFC 9457 problem details; a parameter that is not known is
one.
"""
_ERRORS: dict[int, tuple[str, str, dict[str, Any]]] = {
    404: (
        "Nothing is known about the symbol.",
        "Not Found",
        {"detail": "symbol: nothing is known about 'NONE'"},
    ),
    406: (
        "Neither JSON nor CSV would be accepted.",
        "Not Acceptable",
        {"detail": "Accept: expected application/json or text/csv, was 'image/png'"},
    ),
    422: (
        "A parameter cannot be used; `errors` names it.",
        "Unprocessable Entity",
        {
            "detail": "limit: expected less than or equal to 1000, was '5000'",
            "errors": [{"field": "limit", "expected": "less than or equal to 1000", "was": "5000"}],
        },
    ),
    503: (
        "The database does not answer, or not in time; `Retry-After` says when to ask again.",
        "Service Unavailable",
        {"detail": "PostgreSQL: connection refused"},
    ),
}
SYMBOLS, SERIES, FOUND = (
    Tag(name="symbols", description="Which there are, and their latest price"),
    Tag(name="series", description="What happened to one symbol"),
    Tag(name="found", description="What rules and models have found"),
)


def described_app(name: str, version: str) -> OpenAPI:
    """A Flask application that describes its routes; `docs` serves the description."""
    app = OpenAPI(
        name,
        info=Info(title="Tapedeck", version=version, description=_TEXT),
        servers=[{"url": "/"}],
        validation_error_callback=refuse_invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"
    app.url_map.merge_slashes = False  # a symbol may hold two
    return app


def specification(app: OpenAPI) -> dict[str, Any]:
    """The whole document, with the schemas as pydantic writes them."""
    from pydantic.json_schema import models_json_schema

    from functions.query import envelopes
    from functions.query.examples import EXAMPLES

    document: dict[str, Any] = {**app.api_doc, "paths": {}}
    for path, methods in app.api_doc["paths"].items():
        if SHAPE in methods["get"]:  # not a probe
            document["paths"][path] = {"get": _operation(path, dict(methods["get"]))}
    _, defined = models_json_schema(
        [(getattr(envelopes, name), "serialization") for name in (*EXAMPLES, "Problem")],
        ref_template=_REF + "{model}",
    )
    document["components"] = {"schemas": defined["$defs"]}
    return document


def _operation(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """As flask-openapi collected it, with its answers."""
    operation["responses"] = _answers(operation.pop(SHAPE), unknown="{symbol}" in path)
    if "description" in operation:
        operation["description"] = operation["description"].replace("<br/>", " ").strip()
    return operation


def _answers(shape: str, *, unknown: bool) -> dict[str, Any]:
    """The responses of an operation; `unknown`: a symbol may not be known."""
    from functions.query.examples import EXAMPLES

    item = EXAMPLES[shape]
    page = shape != "Latest"
    flat = {name: value for name, value in item.items() if not isinstance(value, dict | list)}
    content = {
        JSON: {
            "schema": {"$ref": _REF + shape},
            "example": {"items": [item], "next": None} if page else item,
        },
        CSV: {
            "schema": {"type": "string"},
            "example": csv_bytes(list(flat), [list(flat.values())]).decode(),
        },
    }
    return {
        "200": {"description": "Found.", "headers": _headers(page), "content": content},
        "304": {"description": "What `If-None-Match` names is still what there is."},
        **{str(code): _refusal(code) for code in _ERRORS if unknown or code != 404},
    }


def _headers(page: bool) -> dict[str, Any]:
    texts = {
        "ETag": "Strong, over the content.",
        "Cache-Control": "How long a copy is good for.",
    } | ({"Link": '`<...>; rel="next"` where there is a next page.'} if page else {})
    return {n: {"description": t, "schema": {"type": "string"}} for n, t in texts.items()}


def _refusal(code: int) -> dict[str, Any]:
    text, title, more = _ERRORS[code]
    example = {"type": "about:blank", "title": title, "status": code, **more}
    content = {_PROBLEM: {"schema": {"$ref": _REF + "Problem"}, "example": example}}
    return {"description": text, "content": content}
