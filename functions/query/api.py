"""What the endpoints share: reading a page, telling an empty list from an unknown symbol."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask_openapi.models.tag import Tag
from flask_openapi.openapi import OpenAPI

from functions.query.answer import CSV, accepted, page_answer, seconds_kept
from functions.query.database import Database
from functions.query.describe import PREFIX, SHAPE
from functions.query.latest import Latest
from functions.query.listing import TICKS, Listing, as_table
from functions.query.page import Page, Wanted, read_page
from functions.query.parameters import SpanQuery
from functions.query.refusal import RefusedError, refused
from functions.query.symbols import is_known
from functions.query.ticks import read_ticks
from streams.domain.context_event import MARKET

View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Api:
    """The application, and what its endpoints read from."""

    app: OpenAPI
    database: Database
    latest: Latest

    def get(self, rule: str, shape: str, tag: Tag) -> Callable[[View], View]:
        """Serve and describe a view at `/api/v1` + rule; its docstring is its summary.

        `shape` names what it answers, of `functions.query.envelopes`.
        """

        def add(view: View) -> View:
            decorate: Callable[[View], View] = self.app.get(
                PREFIX + rule.replace("<symbol>", "<path:symbol>"),
                tags=[tag],
                operation_id=rule.split("/")[1],
                openapi_extensions={SHAPE: shape},
            )
            return decorate(view)

        return add

    def answer_list(
        self, listing: Listing, query: SpanQuery, symbol: str | None = None, **where: Any
    ) -> Response:
        """A page of rows in time: those of a symbol, where there is one, and equal in `where`."""
        return self.answer_wanted(listing, _wanted(query, {"symbol": symbol, **where}))

    def answer_wanted(self, listing: Listing, wanted: Wanted) -> Response:
        """A page of a listing.

        Raises RefusedError: 404 for a symbol that nothing is known about, 406, 422.
        """
        kind = accepted()
        page = self._read(listing, wanted)
        symbol = wanted.where.get("symbol")
        if not page.items and symbol is not None and wanted.cursor is None:
            self.require(symbol)
        rows = as_table(listing, page.items) if kind == CSV else ([], [])
        return page_answer(page, rows, kind, seconds_kept(wanted.end, time.time_ns() // 1_000_000))

    def require(self, symbol: str) -> None:
        """Return when anything is known about a symbol; RefusedError (404) otherwise."""
        if symbol != MARKET and not is_known(self.database, symbol):
            raise RefusedError(404, f"symbol: nothing is known about {symbol!r}")

    def _read(self, listing: Listing, wanted: Wanted) -> Page:
        if listing is TICKS:
            return read_ticks(self.database, wanted)
        return read_page(self.database, listing, wanted)


def _wanted(query: SpanQuery, where: dict[str, Any]) -> Wanted:
    if query.start is not None and query.end is not None and query.start >= query.end:
        raise refused("from", f"a time before `to` ({query.end})", query.start)
    return Wanted(where, query.start, query.end, query.order, query.limit, query.cursor)
