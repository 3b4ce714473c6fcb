"""`/data` handlers of symbols: what is known now, history, CSV, context."""

import csv
import io
from collections.abc import Mapping
from math import isnan
from typing import Any

from tornado.web import HTTPError

from panel_app.alerts import AlertFilter
from panel_app.cursor import prediction_payload
from panel_app.data.http import DataHandler
from panel_app.data.queries import bar_page, bars_between, context_of, found_between
from panel_app.store import Key
from streams.domain.errors import ServiceError
from streams.domain.interval import interval_ms
from streams.domain.tick import MAX_TS

_WARM_UP = 250
_MOST_ROWS = 200_000
_CSV = (
    "symbol", "interval", "start_ms", "end_ms", "open", "high", "low", "close", "volume", "vwap",
    "trades", "ema38", "ema100", "final",
)  # fmt: skip


class SymbolHandler(DataHandler):
    """`/data/symbol`."""

    async def answer(self) -> dict[str, Any]:
        key, market = self.key(), self.desk.sources.market
        newest = market.store.newest(key)
        quote = market.watchlist.quote(key.symbol)
        bar = newest.forming or newest.final
        row, said = newest.row, newest.prediction
        alerts = market.alerts.newest(AlertFilter(symbol=key.symbol), MAX_TS, 20)
        return {
            "symbol": key.symbol,
            "interval": key.interval,
            **quote,
            "start": bar.start if bar else None,
            "final": bar.final if bar else None,
            "values": self._values(key, row.values if row else {}),
            "rules": (row.votes or None) if row else None,
            "prediction": said and prediction_payload(said),
            "signals": [alert.payload() for alert in alerts],
        }

    def _values(self, key: Key, said: Mapping[str, float]) -> dict[str, float | None]:
        """Of the bar that is forming; the stream's last ones where there is none."""
        study = self.desk.sources.studies.take(key)
        try:
            study.update()
            last = dict(zip(study.names, study.last(study.names), strict=True))
        finally:
            self.desk.sources.studies.leave(key)
        now = {name: value for name, value in last.items() if not isnan(value)}
        return dict.fromkeys(last) | dict(said) | now


class BarsHandler(DataHandler):
    """`/data/bars`."""

    async def answer(self) -> dict[str, Any]:
        key, limit = self.key(), self.number("limit", 500, 1, 2_000)
        before = self.number("before", MAX_TS, 0, MAX_TS)
        studies = self.desk.sources.studies
        names = [name for name in self.words("studies") if name in studies.names(key)]
        wanted = limit + (_WARM_UP if names else 0) + 1
        held = await self.query(lambda c: bar_page(c, key, before, wanted))
        page = held[-limit:]
        since = page[0][0] if page else before
        found = await self.query(lambda c: found_between(c, key, since, before))
        rows = studies.page(key, held, names)[-limit:] if names and page else []
        drawn = [alert for alert in found if alert.drawn]
        return {
            "bars": [[start, *row] for start, row in page],
            "studies": {"names": names, "rows": rows},
            "markers": [alert.payload() for alert in drawn],
            "more": len(held) > limit,
        }


class CsvHandler(DataHandler):
    """`/data/bars.csv`."""

    async def get(self) -> None:
        key = self.key()
        since = self.number("from", 0, 0, MAX_TS)
        until = self.number("to", MAX_TS, 0, MAX_TS)
        held = self.desk.sources.market.store.bars_of(key, since, until)
        oldest = held[0][0] if held else until
        older = await self._older(key, since, oldest)
        rows = [*((start, row, True) for start, row in older), *held]
        name = "".join(c if c.isalnum() or c in "._-" else "_" for c in f"{key.symbol}-{key[1]}")
        self.set_header("Content-Disposition", f'attachment; filename="{name}.csv"')
        self.reply(_table(key, rows), "text/csv; charset=utf-8")

    async def _older(self, key: Key, since: int, until: int) -> list[tuple[int, tuple[float, ...]]]:
        """From the archive; without it there is what there is."""
        if since >= until or not self.desk.history.database.up:
            return []
        try:
            return await self.query(lambda c: bars_between(c, key, since, until, _MOST_ROWS))
        except ServiceError as error:
            raise HTTPError(503, "%s", error) from error


class ContextHandler(DataHandler):
    """`/data/context`."""

    async def answer(self) -> dict[str, Any]:
        symbol, limit = self.symbol(), self.number("limit", 20, 1, 200)
        return await self.query(lambda connection: context_of(connection, symbol, limit))


def _table(key: Key, rows: list[tuple[int, tuple[float, ...], bool]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV)
    length = interval_ms(key.interval)
    for start, row, final in rows:
        *prices, trades = row[:7]
        averages = ("" if isnan(value) else value for value in row[7:])
        known = "true" if final else "false"
        writer.writerow((*key, start, start + length, *prices, int(trades), *averages, known))
    return out.getvalue().encode()
