"""Wide tables: a row per date, a column per symbol; each cell is a row of the tape."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streams.adapters.tape.numbers import blank, numbers, text
from streams.adapters.tape.plan import Plan
from streams.adapters.tape.rows import Floats, Ints, Mask, RowReject, Rows, Table, Verdicts
from streams.adapters.tape.time_column import in_range, to_utc, utc_ms

_OPENING_MS = (9 * 60 + 30) * 60_000  # dates without a time are stamped 09:30:00
_MISSING = ["#N/A N/A", "#N/A", "N/A", "NA", "null", "-"]


def is_missing(column: Any) -> Mask:
    """Where a cell says that there is no price."""
    if not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)):
        return blank(column)
    found = pc.is_in(pc.ascii_trim_whitespace(text(column)), pa.array(_MISSING))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_) | blank(column)


def read_wide(table: Table, plan: Plan) -> Rows:
    """The cells of a block, date after date, in the order of the columns."""
    rows_read = len(table) * len(plan.cells)
    dates = table.columns[plan.roles["time"]]
    table, ts, rejects = _dated(table, dates, plan)
    without, cells = 0, []
    for at in plan.cells:
        missing = is_missing(table.columns[at])
        without += int(missing.sum())
        kept, price, bad = _cells(table.filter(~missing), plan, at)
        rejects += bad
        cells.append((np.flatnonzero(~missing)[kept], price))
    rows = np.concatenate([row for row, _ in cells]) if cells else np.empty(0, np.int64)
    codes = np.repeat(np.arange(len(cells), dtype=np.int32), [len(row) for row, _ in cells])
    order = np.lexsort((codes, rows))
    prices = np.concatenate([price for _, price in cells]) if cells else np.empty(0)
    return Rows(
        [plan.names[at].strip() for at in plan.cells],
        codes[order],
        ts[rows[order]],
        {"price": prices[order]},
        rows_read,
        without,
        sorted(rejects, key=lambda reject: reject.line),
    )


def _dated(table: Table, dates: Any, plan: Plan) -> tuple[Table, Ints, list[RowReject]]:
    """The lines with a date; a line without one is refused with all its cells."""
    if plan.day_only:
        days, good = utc_ms(dates, "UTC", plan.unit, plan.date_order)
        ts, good = in_range(*to_utc(days + _OPENING_MS, good, good, plan.tz))
    else:
        ts, good = utc_ms(dates, plan.tz, plan.unit, plan.date_order)
    verdicts = Verdicts(table)
    verdicts.refuse(~good, "bad_time", "date: expected one within 1970..2199", dates)
    cells = len(plan.cells)
    rejects = [RowReject(r.reason, r.detail, r.line, r.raw, cells) for r in verdicts.rejects()]
    return table.filter(good), ts[good], rejects


def _cells(table: Table, plan: Plan, at: int) -> tuple[Mask, Floats, list[RowReject]]:
    """Which cells of a column are prices, those prices, and the rejects."""
    price, good = numbers(table.columns[at])
    verdicts = Verdicts(table)
    name = plan.names[at].strip()
    verdicts.refuse(
        ~(good & (price > 0)),
        "bad_price",
        f"{name}: expected a finite number > 0",
        table.columns[at],
    )
    rejects = [RowReject(r.reason, r.detail, r.line, r.raw, part=name) for r in verdicts.rejects()]
    return verdicts.good, price[verdicts.good], rejects
