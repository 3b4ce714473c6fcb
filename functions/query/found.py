"""The endpoints about all symbols: which there are, and what was found."""

from flask import Response

from functions.query import listing
from functions.query.answer import accepted, page_answer
from functions.query.api import Api
from functions.query.describe import FOUND, SYMBOLS
from functions.query.page import Wanted
from functions.query.parameters import (
    AnomaliesQuery,
    PageQuery,
    ScorecardsQuery,
    SignalsQuery,
)
from functions.query.symbols import SYMBOL_COLUMNS, read_symbols

_SECONDS_SYMBOLS = 5


def serve_symbols(api: Api) -> None:
    """Add `/symbols`."""

    @api.get("/symbols", "Symbols", SYMBOLS)
    def symbols(query: PageQuery) -> Response:
        """Symbols that have a final bar

        Sorted by name, as the database sorts text.
        """
        kind = accepted()
        page = read_symbols(api.database, query.limit, query.cursor)
        rows = [list(item.values()) for item in page.items]
        return page_answer(page, (list(SYMBOL_COLUMNS), rows), kind, _SECONDS_SYMBOLS)


def serve_found(api: Api) -> None:
    """Add signals, anomalies and scorecards."""

    @api.get("/signals", "Signals", FOUND)
    def signals(query: SignalsQuery) -> Response:
        """Signals, of all symbols or of one

        Sorted by time, then by id.
        """
        where = {
            "interval": query.interval,
            "kind": query.kind,
            "side": query.side and query.side.value,
        }
        return api.answer_list(listing.SIGNALS, query, query.symbol, **where)

    @api.get("/anomalies", "Anomalies", FOUND)
    def anomalies(query: AnomaliesQuery) -> Response:
        """Anomalies, of all symbols or of one

        Sorted by time, then by id. `value`, `expected` and `threshold` are in the unit of the
        kind.
        """
        where = {"interval": query.interval, "kind": query.kind, "severity": query.severity}
        return api.answer_list(listing.ANOMALIES, query, query.symbol, **where)

    @api.get("/scorecards", "Scorecards", FOUND)
    def scorecards(query: ScorecardsQuery) -> Response:
        """How good each rule's signals were

        Against what the price did some bars later, with the Wilson interval of the hit rate and
        the base rate of the same symbol. Sorted by symbol (`*`: all together), rule, interval,
        horizon.
        """
        where = query.model_dump(include={"rule", "interval", "horizon", "warm"})
        wanted = Wanted(
            {"symbol": query.symbol, **where}, None, None, "asc", query.limit, query.cursor
        )
        return api.answer_wanted(listing.SCORECARDS, wanted)
