"""Every indicator beside independent references: the largest relative difference on any prefix.

On made series, and on the real tapes where they are. Beside `price` the difference is relative to
the price, for values that are small differences of prices.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.bench.table import Row
from tests.oracles.agreement import Oracle, agreement
from tests.oracles.catalogue import ORACLES
from tests.oracles.series import Columns
from tests.oracles.tapes import TAPES, made_series, tape_columns

_SHARED = Path(__file__).parents[3] / "shared" / "data"
HEADINGS = ("indicator", "reference", "largest relative difference")


def measure(folder: Path) -> Iterator[Row]:
    """One row per reference; the last says on what they were compared."""
    series = dict(made_series())
    if _SHARED.exists():
        series |= {name: tape_columns(_SHARED, name) for name in TAPES}
    for oracle in ORACLES:
        yield _row(oracle, series)
    bars = sum(len(columns.close) for columns in series.values())
    yield Row(f"on {bars:,} bars", ", ".join(series), "")


def _row(oracle: Oracle, series: dict[str, Columns]) -> Row:
    found = [agreement(oracle, columns) for columns in series.values()]
    values = sum(each.rows for each in found)
    misfits = sum(each.misfit for each in found)
    largest = f"{max(each.difference for each in found):.1e}"
    about = " of the price" if oracle.of_price else ""
    wrong = f", {misfits} rows with one value only" if misfits else ""
    return Row(oracle.name, oracle.reference, f"{largest}{about} ({values:,} values{wrong})")
