"""`/docs` (Swagger UI) and `/openapi.json`: nothing is loaded from anywhere else.

The assets are those of the package flask-openapi-swagger; its page is not used, as it holds inline
scripts, which the policy forbids.
"""

from functools import cache
from importlib.resources import files

import msgspec
from flask import Response
from flask_openapi.openapi import OpenAPI

from functions.query.answer import JSON, kept_answer
from functions.query.describe import specification
from functions.query.refusal import RefusedError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""For the page; Swagger UI sets styles inline."""
_SECONDS_SPEC, _SECONDS_ASSET = 60, 86_400
_ASSETS = {
    "swagger-ui.css": ("swagger/css", "text/css"),
    "swagger-ui-bundle.js": ("swagger/js", "text/javascript"),
    "swagger.svg": ("swagger/images", "image/svg+xml"),
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tapedeck API</title>
<link rel="icon" type="image/svg+xml" href="docs/swagger.svg">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>The description is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """window.ui = SwaggerUIBundle({
  url: new URL("openapi.json", window.location.href).href,
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  supportedSubmitMethods: ["get", "head"],
});
"""


def answer_docs(app: OpenAPI) -> None:
    """Add them to an application; the description is made when it is first asked for."""

    @cache
    def spec() -> bytes:
        return msgspec.json.encode(specification(app))

    @app.route("/openapi.json")
    def _spec() -> Response:
        return kept_answer(spec(), JSON, _SECONDS_SPEC)

    @app.route("/docs")
    def _page() -> Response:
        answer = kept_answer(_PAGE.encode(), "text/html", _SECONDS_SPEC)
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    @app.route("/docs/<name>")
    def _asset(name: str) -> Response:
        if name == "start.js":
            return kept_answer(_START.encode(), "text/javascript", _SECONDS_SPEC)
        if name not in _ASSETS:
            raise RefusedError(404, f"docs: expected one of its assets, was {name[:80]!r}")
        return kept_answer(_asset_bytes(name), _ASSETS[name][1], _SECONDS_ASSET)


def _asset_bytes(name: str) -> bytes:
    folder = files("flask_openapi_swagger").joinpath("templates", _ASSETS[name][0])
    return folder.joinpath(name).read_bytes()
