"""A tiny WSGI function for the local runtime: answers with its pid, sleeps or fails as asked."""

import os
import time
from collections.abc import Callable, Iterable
from typing import Any


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/slow":
        time.sleep(float(environ["QUERY_STRING"]))
    if environ["REQUEST_METHOD"] == "POST":
        start("202 Accepted", [("content-length", "0")])
        return [b""]
    start("200 OK", [("content-type", "text/plain")])
    return [f"{os.getpid()} {environ.get('K_SERVICE')} {os.environ['K_SERVICE']}".encode()]


def broken() -> None:
    raise RuntimeError("cannot start: no teapot")
