"""Stored rows of indicators as the domain's own values: what the models learn from."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Engine, collate, func, select
from sqlalchemy.exc import DBAPIError, ProgrammingError

from streams.adapters.database.engine import connect_engine, first_line, wait_for_server
from streams.adapters.database.tables import indicators
from streams.domain.errors import ServiceError
from streams.domain.indicator_row import IndicatorRow

_PORTION = 5_000
_FIELDS = (
    "symbol", "interval", "start_ms", "end_ms", "open", "high", "low", "close", "volume", "vwap",
    "trades", "warm", "values", "votes",
)  # fmt: skip


def stored_symbols(url: str, interval: str) -> dict[str, int]:
    """How many rows of an interval each symbol has. Raises ServiceError."""
    columns = indicators.c
    query = (
        select(columns.symbol, func.count())
        .where(columns.interval == interval)
        .group_by(columns.symbol)
        .order_by(collate(columns.symbol, "C"))
    )
    engine = connect_engine(url)
    try:
        wait_for_server(engine, 10)
        with engine.connect() as connection:
            return {symbol: count for symbol, count in connection.execute(query)}
    except DBAPIError as error:
        raise _failed(error) from error
    finally:
        engine.dispose()


def stored_rows(
    url: str,
    interval: str,
    symbols: Sequence[str],
    start: int | None = None,
    end: int | None = None,
) -> Iterator[IndicatorRow]:
    """The rows of these symbols, each symbol's in the order of time; memory stays flat.

    Of bars that start in `[start, end)`, epoch ms. Raises ServiceError.
    """
    engine = connect_engine(url)
    columns = indicators.c
    within: list[ColumnElement[bool]] = [columns.interval == interval]
    within += [columns.start_ms >= start] if start is not None else []
    within += [columns.start_ms < end] if end is not None else []
    try:
        wait_for_server(engine, 10)
        for symbol in symbols:
            yield from _of_symbol(engine, [*within, columns.symbol == symbol])
    except DBAPIError as error:
        raise _failed(error) from error
    finally:
        engine.dispose()


def newest_row(url: str, interval: str, symbol: str) -> IndicatorRow | None:
    """The newest row of a symbol, None where there is none. Raises ServiceError."""
    columns = indicators.c
    query = (
        select(*(columns[name] for name in _FIELDS))
        .where(columns.interval == interval, columns.symbol == symbol)
        .order_by(columns.start_ms.desc())
        .limit(1)
    )
    engine = connect_engine(url)
    try:
        wait_for_server(engine, 10)
        with engine.connect() as connection:
            found = connection.execute(query).first()
    except DBAPIError as error:
        raise _failed(error) from error
    finally:
        engine.dispose()
    return None if found is None else _row(found)


def _of_symbol(engine: Engine, where: Sequence[ColumnElement[bool]]) -> Iterator[IndicatorRow]:
    columns = indicators.c
    query = select(*(columns[name] for name in _FIELDS)).where(*where).order_by(columns.start_ms)
    options = {"stream_results": True, "yield_per": _PORTION}
    with engine.connect() as connection:
        for found in connection.execute(query, execution_options=options):
            yield _row(found)


def _row(found: Any) -> IndicatorRow:
    """JSON has one kind of number: 50 is read as an int, and the indicators are floats."""
    held: dict[str, Any] = dict(zip(IndicatorRow.__slots__, found, strict=True))
    held["values"] = {name: float(value) for name, value in held["values"].items()}
    return IndicatorRow(**held)


def _failed(error: DBAPIError) -> ServiceError:
    hint = ": run `tapedeck db upgrade`" if isinstance(error, ProgrammingError) else ""
    return ServiceError(f"indicators: PostgreSQL refused: {first_line(error)}{hint}")
