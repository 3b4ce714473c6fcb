"""The broker's state in the form that is asked for."""

import json

import pytest

from streams.apps.serve.page import as_text, show

STATE = {
    "pending": 3,
    "dead": 1,
    "accepted": 9,
    "services": [
        {"name": "notify", "state": "ready", "url": "http://127.0.0.1:8091", "waiting": 0,
         "instances": [{"pid": 7}, {"pid": 8}], "requests": 4, "starts": 2},
        {"name": "query", "state": "scaled to zero", "url": None, "waiting": 0, "instances": [],
         "requests": 0, "starts": 0},
    ],
    "triggers": [
        {"name": "<t>", "subscriber": "service notify", "ordered": True, "pending": 3,
         "delivered": 5, "retries": 2, "dead_lettered": 0, "dead": 1}
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json, text/html", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/plain", "text/plain"),
    ],
)
def test_the_form_is_negotiated(accept: str, kind: str) -> None:
    assert show(STATE, accept).content_type == kind


def test_json_is_the_state_itself() -> None:
    assert json.loads(show(STATE, "*/*").text or "") == STATE


def test_the_page_escapes_names_and_loads_nothing() -> None:
    page = show(STATE, "text/html").text or ""
    assert "&lt;t&gt;" in page
    assert "<t>" not in page
    assert "7 8" in page
    assert not any(word in page for word in ("src=", "href=", "@import", "url("))


def test_the_text_has_a_line_for_each_function_and_trigger() -> None:
    lines = as_text(STATE).splitlines()
    assert lines[1].split() == ["notify", "ready", "http://127.0.0.1:8091", "7", "8", "0", "4", "2"]
    assert lines[2].startswith("query   ")
    assert lines[-1] == "3 pending, 1 dead, 9 accepted"
