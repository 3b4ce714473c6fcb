"""The months of `tick_batches`: made when their first tick comes, never within a write.

A month is made on its own and then attached: that waits for no reader, while `CREATE TABLE ...
PARTITION OF` would wait for a running export and hold up everyone behind it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Engine, text

# Taken while a month is made, so that two writers do not make it twice.
_LOCK = 7_461_706_565


class Partitions:
    """Which months are there; asks the database once and for each month that it does not know."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._native: bool | None = None
        self._known: set[tuple[int, int]] = set()

    def ensure(self, times: Iterable[int]) -> None:
        """Make the months of these times (epoch ms UTC) where they are missing.

        A hypertable makes its own. Raises sqlalchemy.exc.OperationalError in an outage.
        """
        missing = {_month(time) for time in times} - self._known
        if not missing:
            return
        if self._native is None:
            self._native = self._is_native()
        if self._native:
            for year, month in sorted(missing):
                self._make(year, month)
        self._known |= missing

    def forget(self) -> None:
        """Look again next time: the server may have come back without them."""
        self._known.clear()
        self._native = None

    def _is_native(self) -> bool:
        with self._engine.connect() as connection:
            kind = connection.scalar(
                text("SELECT relkind::text FROM pg_class WHERE oid = 'tick_batches'::regclass")
            )
        return bool(kind == "p")

    def _make(self, year: int, month: int) -> None:
        name = f"tick_batches_{year:04d}{month:02d}"
        start, end = _month_bounds(year, month)
        with self._engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None:
                return
            connection.execute(
                text(
                    f"CREATE TABLE {name} (LIKE tick_batches INCLUDING DEFAULTS INCLUDING STORAGE)"
                )
            )
            connection.execute(
                text(
                    f"ALTER TABLE tick_batches ATTACH PARTITION {name} "
                    f"FOR VALUES FROM ({start}) TO ({end})"
                )
            )


def _month(time: int) -> tuple[int, int]:
    moment = datetime.fromtimestamp(time // 1_000, UTC)
    return moment.year, moment.month


def _month_bounds(year: int, month: int) -> tuple[int, int]:
    after = (year, month + 1) if month < 12 else (year + 1, 1)
    return _epoch_ms(year, month), _epoch_ms(*after)


def _epoch_ms(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1_000
