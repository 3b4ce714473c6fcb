"""The dashboard loads its past from a real PostgreSQL, which may be late, empty or away."""

from collections.abc import Iterator

import pytest

from panel_app.database import Database
from panel_app.history import History, Pauses
from panel_app.market import Market
from panel_app.store import Key
from panel_app.watchlist import Watchlist
from streams.domain.errors import ServiceError
from tests.broker.panel_rows import bar, indicators, signal, store
from tests.waiting import wait_for

QUICK = Pauses(look=0.1, refresh=0.0, seeds=(0.0, 0.3, 0.3))


def market() -> Market:
    return Market(Watchlist("1m", "5m"))


@pytest.fixture
def history(migrated: str) -> Iterator[tuple[Market, History]]:
    own = market()
    made = History(lambda: migrated, own, "1m", "5m", pauses=QUICK)
    yield own, made
    made.close()


def test_a_restart_shows_the_day_at_once(migrated: str, history: tuple[Market, History]) -> None:
    bars = [bar("A", n) for n in range(-300, 240)]
    fives = [bar("A", n, "5m") for n in range(60)]
    store(migrated, *bars, *fives, signal(bars[-3]), *(bar("B", n) for n in range(3)))
    own, made = history
    made.start()
    wait_for(lambda: not own.watchlist.unseeded(["A", "B"]), "the day of both")
    shown = market()
    for each in (*bars, *fives):
        shown.watchlist.put_bar(each)
    expected, found = shown.watchlist.quote("A"), own.watchlist.quote("A")
    assert found.pop("rsi") == pytest.approx(expected.pop("rsi"), abs=1.0)
    assert found == expected
    assert found["previous"] == bars[299].close
    assert own.watchlist.spark("A") == shown.watchlist.spark("A")
    assert own.store.symbols(-1) == ["A", "B"]
    wait_for(lambda: own.alerts.read(0)[0], "the signal")


def test_days_that_the_archive_is_behind_with_come_later(
    migrated: str, history: tuple[Market, History]
) -> None:
    bars = [bar("A", n) for n in range(100)]
    own, made = history
    store(migrated, *bars[:10])
    for each in bars[60:]:
        own.watchlist.put_bar(each)
    made.start()
    wait_for(lambda: own.store.symbols(-1) == ["A"], "the symbol")
    assert own.watchlist.quote("A")["volume"] == 80.0
    store(migrated, *bars[10:95])
    wait_for(lambda: own.watchlist.quote("A")["volume"] == 200.0, "the whole day")


def test_a_series_is_loaded_with_its_averages_votes_and_signals(
    migrated: str, history: tuple[Market, History]
) -> None:
    own, made = history
    bars = [bar("A", n) for n in range(5)]
    store(migrated, *bars, *map(indicators, bars), signal(bars[2]))
    made.start()
    wait_for(lambda: made.database.up, "PostgreSQL")
    made.load(Key("A", "1m")).result(30)
    change = own.store.read(Key("A", "1m"), -1, -1)
    assert change is not None
    assert [row[7] for _, _, row, _ in change.bars] == [b.close - 0.5 for b in bars]
    assert change.markers is not None
    assert [mark.start for mark in change.markers] == [bars[2].start]
    newest = own.store.newest(Key("A", "1m"))
    assert newest.final == bars[-1]
    assert newest.row is not None
    assert newest.row.votes == {"rsi": "UP"}


def test_postgresql_may_come_later_go_and_come_back(migrated: str) -> None:
    where: list[str | None] = [None]
    own = market()

    def address() -> str:
        if where[0] is None:
            raise ServiceError("PostgreSQL is not running: start it")
        return where[0]

    made = History(address, own, "1m", "5m", pauses=QUICK)
    made.start()
    try:
        wait_for(lambda: "not running" in made.database.why, "a look")
        own.store.watch(Key("A", "1m"))
        store(migrated, bar("A", 0))
        where[0] = migrated
        wait_for(lambda: own.store.bars_of(Key("A", "1m")), "the series that is looked at")
        where[0] = "postgresql://tapedeck:secret@127.0.0.1:1/none"
        wait_for(lambda: not made.database.up, "its end")
        assert "secret" not in made.database.why
        with pytest.raises(ServiceError, match="PostgreSQL"):
            made.database.run(lambda connection: None)
        store(migrated, bar("A", 1))
        where[0] = migrated
        wait_for(lambda: len(own.store.bars_of(Key("A", "1m"))) == 2, "what came meanwhile")
    finally:
        made.close()


def test_a_database_without_tables_is_waited_for(database: str) -> None:
    made = Database(lambda: database, lambda: None, 0.1)
    made.start()
    wait_for(lambda: "does not exist" in made.why, "what is missing")
    from streams.adapters.database import upgrade

    upgrade(database)
    wait_for(lambda: made.up, "the tables")
    made.stop()
