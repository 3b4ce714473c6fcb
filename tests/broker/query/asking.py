"""Questions to the REST API, and what is in the answers."""

import csv
import io
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Rows = list[dict[str, Any]]


def ask(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(
        f"/api/v1{path}", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def all_pages(client: FlaskClient, path: str) -> Rows:
    """The rows of all pages, by the links."""
    found: Rows = []
    link: str | None = f"/api/v1{path}"
    while link is not None:
        answer = client.get(link)
        assert answer.status_code == 200, answer.text
        found += answer.json["items"]  # type: ignore[index]  # a page
        header = answer.headers.get("Link")
        assert (header is None) == (answer.json["next"] is None)  # type: ignore[index]
        link = header and header.partition("<")[2].partition(">")[0]
    return found


def csv_rows(answer: TestResponse) -> list[list[str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text)))
