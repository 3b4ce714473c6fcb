"""Pages of the REST API: by their cursors they make the whole, whatever comes meanwhile."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from streams.adapters.database import connect_engine
from tests.broker.query.asking import all_pages, ask
from tests.broker.query.store import MINUTE, bar, fill_bars, fill_single_ticks, fill_ticks


@pytest.mark.parametrize("path", ["/bars/A", "/indicators/A", "/signals", "/summary/A"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_of_any_length_make_the_whole(client: FlaskClient, path: str, order: str) -> None:
    whole = ask(client, f"{path}?limit=1000&order={order}").json["items"]  # type: ignore[index]
    assert len(whole) >= 3
    for limit in (1, 2, 7):
        assert all_pages(client, f"{path}?limit={limit}&order={order}") == whole


def test_rows_that_come_while_paging_shift_nothing(client: FlaskClient, url: str) -> None:
    fill_bars(url, [bar("GROWS", n * MINUTE) for n in range(10, 20)])
    first = ask(client, "/bars/GROWS?limit=4").json
    assert first is not None
    fill_bars(url, [bar("GROWS", n * MINUTE) for n in (5, 20, 21)])
    rest = all_pages(client, f"/bars/GROWS?limit=4&cursor={first['next']}")
    starts = [item["start_ms"] // MINUTE for item in [*first["items"], *rest]]
    assert starts == [*range(19, 9, -1), 5]


def test_a_cursor_is_good_for_its_own_query_only(client: FlaskClient) -> None:
    cursor = ask(client, "/bars/A?limit=2").json["next"]  # type: ignore[index]
    assert ask(client, f"/bars/A?limit=3&cursor={cursor}").status_code == 200
    for path in (
        f"/bars/A?interval=5m&cursor={cursor}",
        f"/bars/B?cursor={cursor}",
        f"/bars/A?order=asc&cursor={cursor}",
        f"/indicators/A?cursor={cursor}",
        f"/symbols?cursor={cursor}",
        f"/scorecards?cursor={cursor}",
        f"/ticks/A?cursor={cursor}",
        f"/bars/A?cursor={cursor[:-3]}",
        "/bars/A?cursor=%00",
    ):
        answer = ask(client, path)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cursor"), path  # type: ignore[index]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("seed", [1, 2])
def test_pages_of_ticks_are_the_view_in_order(
    client: FlaskClient, url: str, order: str, seed: int
) -> None:
    symbol = f"T{seed}{order}"
    fill_ticks(url, symbol, batches=60, seed=seed)
    engine = connect_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT ts_ms, source, seq FROM ticks WHERE symbol = :s"), {"s": symbol}
        )
        whole = sorted(map(tuple, rows), reverse=order == "desc")
    engine.dispose()
    assert len(whole) > 300
    for query, low, high in (("", 0, 10**6), ("&from=100&to=400", 100, 400)):
        wanted = [row for row in whole if low <= row[0] < high]
        for limit in (19, 1_000):
            got = all_pages(client, f"/ticks/{symbol}?limit={limit}&order={order}{query}")
            assert [(t["ts_ms"], t["source"], t["seq"]) for t in got] == wanted


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_cursor_among_equal_times_leaves_nothing_out(
    client: FlaskClient, url: str, order: str
) -> None:
    times = [98] * 9 + [99] * 9 + [100] * 9
    fill_single_ticks(url, f"EVEN{order}", times)
    for limit in (5, 8, 26):
        got = all_pages(client, f"/ticks/EVEN{order}?limit={limit}&order={order}")
        wanted = range(27) if order == "asc" else range(26, -1, -1)
        assert [tick["seq"] for tick in got] == list(wanted)
