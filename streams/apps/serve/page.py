"""The broker's state for whoever asks: JSON for programs, a page for browsers, text for curl."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

_SERVICES = ("function", "state", "url", "pids", "waiting", "requests", "starts")
_TRIGGERS = (
    "trigger", "subscriber", "order", "pending", "delivered", "retries", "dead_lettered", "dead",
)  # fmt: skip
_STYLE = (
    "body{font:15px/1.4 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}"
    "th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ccc}"
)
Row = Sequence[str]


def show(state: dict[str, Any], accept: str) -> web.Response:
    """By the media type that comes first in `Accept`; JSON when it names neither of the others."""
    wanted = [part.partition(";")[0].strip() for part in accept.split(",")]
    first = next((each for each in wanted if each in ("text/html", "text/plain")), None)
    if first is None or "application/json" in wanted[: wanted.index(first)]:
        return web.json_response(state)
    headers = {"vary": "accept"}
    if first == "text/plain":
        return web.Response(text=as_text(state), headers=headers)
    return web.Response(text=_as_html(state), content_type="text/html", headers=headers)


def services_rows(state: dict[str, Any]) -> tuple[Row, list[Row]]:
    """The names of the columns and a row for each function."""
    rows: list[Row] = []
    for each in state["services"]:
        pids = " ".join(str(instance["pid"]) for instance in each["instances"]) or "-"
        counts = (str(each[name]) for name in ("waiting", "requests", "starts"))
        rows.append((each["name"], each["state"], each["url"] or "-", pids, *counts))
    return _SERVICES, rows


def triggers_rows(state: dict[str, Any]) -> tuple[Row, list[Row]]:
    """The names of the columns and a row for each Trigger."""
    rows: list[Row] = []
    for each in state["triggers"]:
        order = "ordered" if each["ordered"] else "any"
        counts = (str(each[name]) for name in _TRIGGERS[3:])
        rows.append((each["name"], each["subscriber"], order, *counts))
    return _TRIGGERS, rows


def totals(state: dict[str, Any]) -> str:
    """One line."""
    return f"{state['pending']} pending, {state['dead']} dead, {state['accepted']} accepted"


def as_text(state: dict[str, Any]) -> str:
    """Columns side by side."""
    tables = (services_rows(state), triggers_rows(state))
    return "\n".join([*(_columns(names, rows) for names, rows in tables), totals(state), ""])


def _columns(names: Row, rows: Iterable[Row]) -> str:
    lines = [names, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )


def _as_html(state: dict[str, Any]) -> str:
    tables = "".join(
        _table(names, rows) for names, rows in (services_rows(state), triggers_rows(state))
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>tapedeck serve</title>'
        f"<style>{_STYLE}</style><h1>tapedeck serve</h1><p>{totals(state)}</p>{tables}</html>"
    )


def _table(names: Row, rows: Iterable[Row]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
