"""gzip for whoever takes it, where it saves more than it costs."""

from flask import Flask, Response, request
from flask_compress import Compress

_SETTINGS = {
    "COMPRESS_ALGORITHM": ["gzip"],
    "COMPRESS_LEVEL": 4,
    "COMPRESS_MIN_SIZE": 1_024,  # below, it saves no packet
    "COMPRESS_MIMETYPES": [
        "application/json", "text/csv", "text/css", "text/javascript", "text/html",
    ],
    "COMPRESS_STREAMS": False,
    "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,  # known before compressing: see `answer`
}  # fmt: skip


class _Gzip(Compress):
    def after_request(self, response: Response | None) -> Response:
        """Leave the answer alone for whoever refuses gzip: flask-compress overlooks `q=0`."""
        if response is not None and not request.accept_encodings.quality("gzip"):
            return response
        return super().after_request(response)


def compress_answers(app: Flask) -> None:
    """Compress what is long enough; `ETag` then ends in `:gzip`."""
    app.config.update(_SETTINGS)
    _Gzip(app)
