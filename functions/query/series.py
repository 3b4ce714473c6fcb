"""The endpoints about one symbol."""

import msgspec
from flask import Response

from functions.query import listing
from functions.query.answer import CSV, SECONDS_LATEST, accepted, csv_bytes, kept_answer
from functions.query.api import Api
from functions.query.describe import SERIES, SYMBOLS
from functions.query.parameters import (
    AggregatedQuery,
    BarsQuery,
    NoQuery,
    PredictionsQuery,
    SpanQuery,
    SymbolPath,
)
from functions.query.refusal import RefusedError


def serve_latest(api: Api) -> None:
    """Add `/latest`."""

    @api.get("/latest/<symbol>", "Latest", SYMBOLS)
    def latest(path: SymbolPath, query: NoQuery) -> Response:
        """Latest price of a symbol

        Its newest tick; where ticks are not stored, the close of its newest bar. From the cache
        where there is one, so it may be a second old.
        """
        kind = accepted()
        body = api.latest.json(path.symbol)
        if body is None:
            api.require(path.symbol)
            raise RefusedError(404, f"symbol: nothing has a price yet of {path.symbol!r}")
        return kept_answer(csv_of(body) if kind == CSV else body, kind, SECONDS_LATEST)


def csv_of(body: bytes) -> bytes:
    """One JSON object as a header and a row."""
    item = msgspec.json.decode(body)
    return csv_bytes(list(item), [list(item.values())])


def serve_series(api: Api) -> None:
    """Add ticks, bars and indicators."""

    @api.get("/ticks/<symbol>", "Ticks", SERIES)
    def ticks(path: SymbolPath, query: SpanQuery) -> Response:
        """Ticks of a symbol

        Sorted by time, then by source and place in it. Empty where ticks are not stored.
        """
        return api.answer_list(listing.TICKS, query, path.symbol)

    @api.get("/bars/<symbol>", "Bars", SERIES)
    def bars(path: SymbolPath, query: BarsQuery) -> Response:
        """Final bars of a symbol and an interval

        Sorted by their start, which `from` and `to` are about. Forming bars are not here.
        """
        return api.answer_list(listing.BARS, query, path.symbol, interval=query.interval)

    @api.get("/aggregated/<symbol>", "Bars", SERIES)
    def aggregated(path: SymbolPath, query: AggregatedQuery) -> Response:
        """The same as bars, with the length as `window`"""
        return api.answer_list(listing.BARS, query, path.symbol, interval=query.window)

    @api.get("/indicators/<symbol>", "Indicators", SERIES)
    def indicators(path: SymbolPath, query: BarsQuery) -> Response:
        """Indicators at the close of each bar

        Sorted by the bar's start. As CSV: a column per indicator that a row of the page has.
        """
        return api.answer_list(listing.INDICATORS, query, path.symbol, interval=query.interval)


def serve_beside(api: Api) -> None:
    """Add summaries, context and predictions."""

    @api.get("/summary/<symbol>", "Summaries", SERIES)
    def summary(path: SymbolPath, query: SpanQuery) -> Response:
        """What each day (UTC) of a symbol was like

        Sorted by day, which `from` and `to` are about; `limit=1` is the newest.
        """
        return api.answer_list(listing.SUMMARIES, query, path.symbol)

    @api.get("/context/<symbol>", "Contexts", SERIES)
    def context(path: SymbolPath, query: SpanQuery) -> Response:
        """News, orders and fundamentals of a symbol

        Sorted by time; the symbol `*` is the market as a whole.
        """
        return api.answer_list(listing.CONTEXT, query, path.symbol)

    @api.get("/predictions/<symbol>", "Predictions", SERIES)
    def predictions(path: SymbolPath, query: PredictionsQuery) -> Response:
        """What the models said about a symbol

        A row is one vote on the next bar, or (`forecast`) the close `horizon` bars later with an
        interval. Sorted by the bar's start, which `from` and `to` are about. Empty until models
        are trained and `tapedeck run predict` runs.
        """
        where = {"interval": query.interval, "model": query.model, "horizon": query.horizon}
        return api.answer_list(listing.PREDICTIONS, query, path.symbol, **where)
