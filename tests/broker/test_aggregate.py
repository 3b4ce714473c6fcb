"""`functions.aggregate` on a real PostgreSQL: whatever comes how often, the tables are the same.

What they should hold is computed here once more, from lists, without SQL.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import stdev
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, text
from typer.testing import CliRunner

from functions.aggregate.app import create_app
from functions.aggregate.store import Store
from functions.aggregate.sweep import Sweep
from streams.adapters.cloud_event import CloudEvent, binary_headers
from streams.adapters.database import connect_engine
from streams.adapters.database import tables as t
from streams.adapters.database.rows import bar_row, signal_row
from streams.adapters.database.writer import Batch, Writer
from streams.adapters.settled_event import settled_event
from streams.adapters.signal_events import SOURCE, signal_event
from streams.apps.deliver import event_of
from streams.apps.delivery_sink import Delivery
from streams.domain.bar import Bar
from streams.domain.interval import DAY_MS, interval_ms
from streams.domain.scorecard import HORIZONS
from streams.domain.signal import Side, Signal, signal_id
from tests.fakes import settings

DAY = 18_939 * DAY_MS
RESULTS = (t.signal_scores, t.base_rates, t.scorecards, t.day_summaries)
PING = CloudEvent(
    {"specversion": "1.0", "id": "p", "source": "/p", "type": "dev.knative.sources.ping"}
)
SETTLED = settled_event("run", 1_636_362_300.0, {"symbols": 2})


@dataclass
class Aggregate:
    """The function in this process, and its database."""

    client: FlaskClient
    engine: Engine

    def post(self, event: CloudEvent) -> int:
        headers = binary_headers(event)
        return self.client.post("/", headers=headers, data=event.data).status_code

    def store(self, bars: Sequence[Bar], signals: Sequence[Signal] = ()) -> None:
        batch = Batch()
        for bar in bars:
            batch.add(bar_row(bar))
        for signal in signals:
            batch.add(signal_row(signal, SOURCE))
        Writer(self.engine).write(batch)

    def tables(self) -> dict[str, list[Any]]:
        with self.engine.connect() as connection:
            return {
                table.name: [
                    tuple(row)
                    for row in connection.execute(table.select().order_by(*table.primary_key))
                ]
                for table in RESULTS
            }

    def cards(self, *, symbol: str, warm: bool = True) -> dict[tuple[str, str, int], Any]:
        c = t.scorecards.c
        query = t.scorecards.select().where(c.symbol == symbol, c.warm == warm)
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return {(row.rule, row.interval, row.horizon): row for row in rows}

    def days(self, symbol: str) -> list[Any]:
        table = t.day_summaries
        query = table.select().where(table.c.symbol == symbol).order_by(table.c.day_ms)
        with self.engine.connect() as connection:
            return list(connection.execute(query).all())

    def empty(self) -> None:
        with self.engine.begin() as connection:
            for table in (*RESULTS, t.aggregated, t.bars, t.signals):
                connection.execute(text(f"TRUNCATE {table.name}"))


@pytest.fixture
def aggregate(migrated: str) -> Iterator[Aggregate]:
    engine = connect_engine(migrated)
    yield Aggregate(create_app(settings(DATABASE_URL=migrated)).test_client(), engine)
    engine.dispose()


def make_bar(symbol: str, interval: str, start: int, close: float, volume: float = 2.0) -> Bar:
    end = start + interval_ms(interval)
    high, low = close * 1.01, close * 0.99
    return Bar(symbol, interval, start, end, close, high, low, close, volume, close, 3, end - 1)


def make_signal(bar: Bar, side: Side, kind: str = "breakout", *, warm: bool = True) -> Signal:
    name = signal_id(bar.symbol, bar.interval, bar.start, kind)
    return Signal(
        name, bar.end, bar.symbol, bar.interval, kind, side, bar.close, 0.1, warm, "crossed"
    )


def event(signal: Signal) -> CloudEvent:
    headers, value = signal_event(signal)
    return event_of(Delivery("signals", 0, 0, signal.symbol.encode(), value, headers))


def market(rng: random.Random) -> tuple[list[Bar], list[Signal]]:
    """Two symbols over a midnight, 1m and 5m bars with gaps, signals of three kinds."""
    bars: list[Bar] = []
    signals: list[Signal] = []
    for symbol in ("A", "É'\\"):
        for interval in ("1m", "5m"):
            length, price = interval_ms(interval), 100.0
            count = 4 * 3_600_000 // length
            for start in range(DAY - length * count // 2, DAY + length * count // 2, length):
                if rng.random() < 0.2:
                    continue
                price *= rng.choice((0.99, 1.0, 1.013))
                bar = make_bar(symbol, interval, start, price, rng.choice((0.0, 1.5, 7.25)))
                bars.append(bar)
                if interval == "5m" and rng.random() < 0.5:
                    kind = rng.choice(("breakout", "recommendation"))
                    side = rng.choice(list(Side))
                    signals.append(make_signal(bar, side, kind, warm=rng.random() < 0.8))
    return bars, signals


def approx(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)


class Oracle:
    """The cards and summaries of a market, from its definition."""

    def __init__(self, bars: Sequence[Bar], signals: Sequence[Signal]) -> None:
        self.series: dict[tuple[str, str], list[Bar]] = {}
        for bar in sorted(bars, key=lambda b: b.start):
            self.series.setdefault((bar.symbol, bar.interval), []).append(bar)
        self.signals = signals

    def gain(self, signal: Signal, horizon: int) -> float | None:
        series = self.series.get((signal.symbol, signal.interval), [])
        after = [bar for bar in series if bar.start >= signal.time]
        if len(after) < horizon or signal.side is Side.NEUTRAL:
            return None
        change = after[horizon - 1].close / signal.price - 1
        return change if signal.side is Side.BUY else -change

    def base(self, signal: Signal, horizon: int) -> tuple[float, float]:
        """Share of bars after which the price went the signal's way, and their mean gain."""
        series = self.series[signal.symbol, signal.interval]
        sign = 1 if signal.side is Side.BUY else -1
        gains = [
            sign * (later.close / bar.close - 1)
            for bar, later in zip(series, series[horizon:], strict=False)
        ]
        return sum(gain > 0 for gain in gains) / len(gains), sum(gains) / len(gains)

    def card(
        self, rule: str, horizon: int, symbol: str | None, warm: bool
    ) -> tuple[Any, ...] | None:
        scored = [
            (signal, gain)
            for signal in self.signals
            if (signal.kind, signal.warm) == (rule, warm) and symbol in (None, signal.symbol)
            if (gain := self.gain(signal, horizon)) is not None
        ]
        if not scored:
            return None
        n = len(scored)
        bases = [self.base(signal, horizon) for signal, _ in scored]
        hits = sum(gain > 0 for _, gain in scored)
        low, high = wilson_by_search(hits, n)
        means = (
            sum(gain for _, gain in scored),
            *(sum(column) for column in zip(*bases, strict=True)),
        )
        mean, rate, base_mean = (total / n for total in means)
        return n, hits, hits / n, low, high, mean, rate, base_mean

    def day(self, symbol: str, day: int) -> dict[str, Any]:
        series = self.series[symbol, "1m"]
        today = [bar for bar in series if bar.start // DAY_MS * DAY_MS == day]
        before = [bar for bar in series if bar.start < day]
        returns = [math.log(b.close / a.close) for a, b in pairwise(today)]
        volume = sum(bar.volume for bar in today)
        reference = before[-1].close if before else today[0].open
        signals = [s for s in self.signals if s.symbol == symbol and day < s.time <= day + DAY_MS]
        kinds: dict[str, Counter[str]] = {}
        for signal in signals:
            kinds.setdefault(signal.kind, Counter())[signal.side.value] += 1
        last = max(signals, key=lambda s: (s.time, s.id)) if signals else None
        return {
            "interval": "1m", "bars": len(today), "trades": sum(bar.trades for bar in today),
            "open": today[0].open, "last": today[-1].close,
            "high": max(bar.high for bar in today), "low": min(bar.low for bar in today),
            "previous_last": before[-1].close if before else None,
            "change": approx(today[-1].close - reference),
            "change_percent": approx((today[-1].close / reference - 1) * 100),
            "volume": approx(volume),
            "vwap": approx(sum(bar.vwap * bar.volume for bar in today) / volume),
            "volatility": approx(stdev(returns)),
            "signals": {kind: dict(sides) for kind, sides in kinds.items()},
            "last_signal_id": last and last.id, "last_signal_ms": last and last.time,
            "last_signal_side": last and last.side.value,
        }  # fmt: skip


def wilson_by_search(hits: int, n: int) -> tuple[float, float]:
    """The p at which the observed share is just 1.96 standard deviations away, by bisection."""
    z, share = 1.959963984540054, hits / n

    def edge(inside: float, outside: float) -> float:
        for _ in range(100):
            p = (inside + outside) / 2
            near = abs(share - p) <= z * math.sqrt(p * (1 - p) / n)
            inside, outside = (p, outside) if near else (inside, p)
        return inside

    return edge(share, 0.0), edge(share, 1.0)


def assert_as_the_oracle_says(aggregate: Aggregate, oracle: Oracle) -> None:
    symbols = sorted({symbol for symbol, _ in oracle.series})
    for symbol, asked in ((s, None if s == "*" else s) for s in (*symbols, "*")):
        for warm in (True, False):
            cards = aggregate.cards(symbol=symbol, warm=warm)
            expected = {
                (rule, "5m", horizon): card
                for rule in ("breakout", "recommendation")
                for horizon in HORIZONS
                if (card := oracle.card(rule, horizon, asked, warm)) is not None
            }
            found = {key: tuple(row)[5:] for key, row in cards.items()}
            assert found == {key: approx_row(card) for key, card in expected.items()}
    for symbol in symbols:
        for row in aggregate.days(symbol):
            expected_day = oracle.day(symbol, row.day_ms)
            assert {name: getattr(row, name) for name in expected_day} == expected_day


def approx_row(values: tuple[Any, ...]) -> Any:
    return tuple(approx(value) if isinstance(value, float) else value for value in values)


def test_scorecards_and_summaries_are_what_their_definitions_say(aggregate: Aggregate) -> None:
    bars, signals = market(random.Random(1))
    aggregate.store(bars)
    for signal in signals:
        assert aggregate.post(event(signal)) == 202
    assert aggregate.post(SETTLED) == 202
    assert len(aggregate.cards(symbol="*")) == 6
    assert [len(aggregate.days(symbol)) for symbol in ("A", "É'\\")] == [2, 2]
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))


def test_any_order_repeats_and_delays_give_the_same_tables(aggregate: Aggregate) -> None:
    """Bars come in portions, signals before or after them, twice, out of order, with pings."""
    bars, signals = market(random.Random(2))
    aggregate.store(bars)
    for signal in signals:
        aggregate.post(event(signal))
    aggregate.post(SETTLED)
    expected = aggregate.tables()
    for seed in range(2):
        aggregate.empty()
        rng = random.Random(seed)
        todo = [event(signal) for signal in signals + rng.sample(signals, 10)]
        todo += [PING] * 5
        rng.shuffle(todo)
        ordered = sorted(bars, key=lambda bar: bar.end)
        while todo or ordered:
            portion = rng.randint(0, 150)
            aggregate.store(ordered[:portion], rng.sample(signals, 3))
            del ordered[:portion]
            for _ in range(min(len(todo), rng.randint(0, 6))):
                assert aggregate.post(todo.pop()) == 202
        assert aggregate.post(SETTLED) == 202
        assert aggregate.tables() == expected
        assert aggregate.post(SETTLED) == 202
        assert aggregate.tables() == expected


def test_signals_that_no_event_brought_are_taken_from_the_archive(aggregate: Aggregate) -> None:
    bars, signals = market(random.Random(3))
    aggregate.store(bars, signals)
    assert aggregate.post(SETTLED) == 202
    swept = aggregate.tables()
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))
    for signal in signals:
        assert aggregate.post(event(signal)) == 202
    assert aggregate.tables() == swept


def test_an_older_tape_loaded_later_counts_from_its_beginning(aggregate: Aggregate) -> None:
    bars, signals = market(random.Random(4))
    older = [bar for bar in bars if bar.start < DAY]
    aggregate.store([bar for bar in bars if bar.start >= DAY])
    for signal in signals:
        if signal.time > DAY + interval_ms("5m"):
            aggregate.post(event(signal))
    aggregate.post(PING)
    aggregate.store(older)
    for signal in signals:
        aggregate.post(event(signal))
    aggregate.post(SETTLED)
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))


def rising(symbol: str, count: int, interval: str = "5m") -> list[Bar]:
    length = interval_ms(interval)
    return [make_bar(symbol, interval, DAY + n * length, 100.0 + n) for n in range(count)]


def test_a_signal_is_scored_when_its_bars_have_come(aggregate: Aggregate) -> None:
    bars = rising("A", 22)
    aggregate.store(bars[:1])
    assert aggregate.post(event(make_signal(bars[0], Side.SELL))) == 202
    assert aggregate.cards(symbol="A") == {}
    for stored, horizons in ((2, [1]), (5, [1]), (6, [1, 5]), (21, [1, 5, 20])):
        aggregate.store(bars[:stored])
        assert aggregate.post(PING) == 202
        cards = aggregate.cards(symbol="A")
        assert [horizon for _, _, horizon in cards] == horizons
    card = cards["breakout", "5m", 5]
    assert (card.signals, card.hits, card.low, card.base_rate) == (1, 0, 0.0, 0.0)
    assert card.mean_return == pytest.approx(-0.05)
    pooled = aggregate.cards(symbol="*")
    assert {key: tuple(row)[1:] for key, row in pooled.items()} == {
        key: tuple(row)[1:] for key, row in cards.items()
    }


@pytest.mark.parametrize(
    ("after_ms", "first"),
    [(0, 102 / 101), (1, 103 / 102), (150_000, 103 / 102), (300_000, 103 / 102)],
)
def test_a_signal_without_a_price_is_scored_from_the_close_of_the_bar_it_fell_in(
    aggregate: Aggregate, after_ms: int, first: float
) -> None:
    """Bars 0 to 21 close at 100, 101, ...; the event comes so long after the start of bar 2."""
    bars = rising("A", 22)
    news = replace(make_signal(bars[0], Side.BUY, "news"), time=bars[2].start + after_ms, price=0.0)
    aggregate.store(bars)
    assert aggregate.post(event(news)) == 202
    (card,) = (card for key, card in aggregate.cards(symbol="A").items() if key[2] == 1)
    assert card.mean_return == pytest.approx(first - 1)


def test_neutral_signals_count_in_the_day_and_are_not_scored(aggregate: Aggregate) -> None:
    bars = rising("A", 3)
    aggregate.store(bars)
    assert aggregate.post(event(make_signal(bars[0], Side.NEUTRAL))) == 202
    (day,) = aggregate.days("A")
    assert (day.signals, day.last_signal_side) == ({"breakout": {"neutral": 1}}, "neutral")
    assert aggregate.cards(symbol="A") == {}


def test_a_signal_at_midnight_belongs_to_the_day_that_ends(aggregate: Aggregate) -> None:
    last = make_bar("A", "5m", DAY + DAY_MS - 300_000, 10.0)
    aggregate.store([last, make_bar("A", "5m", DAY + DAY_MS, 11.0)])
    aggregate.post(event(make_signal(last, Side.BUY)))
    assert [day.signals for day in aggregate.days("A")] == [{"breakout": {"buy": 1}}, {}]


def test_a_day_without_sizes_or_returns(aggregate: Aggregate) -> None:
    aggregate.store([make_bar("A", "1m", DAY, 10.0, volume=0.0)])
    assert aggregate.post(PING) == 202
    (day,) = aggregate.days("A")
    assert (day.vwap, day.volume, day.volatility, day.change) == (10.0, 0.0, None, 0.0)


def test_prices_beyond_all_bounds_break_nothing(aggregate: Aggregate) -> None:
    prices = (5e-324, 1.7e308, 1.0, 1e-300, 2.0, math.inf, 3.0)
    bars = [make_bar("A", "5m", DAY + n * 300_000, p, p) for n, p in enumerate(prices)]
    aggregate.store([*bars, *rising("B", 3)])
    for bar in bars[:-2]:
        assert aggregate.post(event(make_signal(bar, Side.BUY))) == 202
    assert aggregate.post(SETTLED) == 202
    assert aggregate.days("B")[0].last == 102.0
    (day,) = aggregate.days("A")
    assert (day.open, day.last) == (5e-324, 3.0)


def test_a_symbol_in_somebody_else_s_hands_is_409_and_passed_over_by_a_sweep(
    aggregate: Aggregate,
) -> None:
    bars = rising("A", 3)
    aggregate.store([*bars, *rising("B", 3)])
    with aggregate.engine.connect() as other:
        other.execute(select(func.pg_advisory_lock(func.hashtextextended("A", 20))))
        assert aggregate.post(event(make_signal(bars[0], Side.BUY))) == 409
        assert aggregate.tables()["signal_scores"] == []
        assert aggregate.post(PING) == 202
        assert aggregate.post(SETTLED) == 503
        assert (len(aggregate.days("A")), len(aggregate.days("B"))) == (0, 1)
        other.execute(select(func.pg_advisory_unlock(func.hashtextextended("A", 20))))
    assert aggregate.post(event(make_signal(bars[0], Side.BUY))) == 202
    assert aggregate.post(SETTLED) == 202


def test_two_instances_at_once_end_with_the_tables_of_one(
    aggregate: Aggregate, migrated: str
) -> None:
    bars, signals = market(random.Random(5))
    aggregate.store(bars)
    other = Aggregate(create_app(settings(DATABASE_URL=migrated)).test_client(), aggregate.engine)
    answers: list[int] = []

    def work(instance: Aggregate, seed: int) -> None:
        mine = [event(signal) for signal in signals] + [PING] * 4
        random.Random(seed).shuffle(mine)
        answers.extend(instance.post(each) for each in mine)

    threads = [
        Thread(target=work, args=(instance, seed))
        for seed, instance in enumerate((aggregate, other, aggregate, other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {202, 409}
    for signal in signals:
        assert aggregate.post(event(signal)) == 202
    assert other.post(SETTLED) == 202
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))


def test_a_kill_in_the_middle_leaves_nothing_half_done(aggregate: Aggregate) -> None:
    bars, signals = market(random.Random(6))
    aggregate.store(bars)
    aggregate.post(event(signals[0]))
    before = aggregate.tables()
    with aggregate.engine.begin() as connection:  # the last statement of a signal's work breaks
        connection.execute(text("ALTER TABLE day_summaries RENAME TO away"))
    assert aggregate.post(event(signals[1])) == 503
    with aggregate.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO day_summaries"))
    assert aggregate.tables() == before
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
    with aggregate.engine.connect() as connection:
        connection.execute(text(kill + "AND datname = current_database()"))
    answers = [aggregate.post(event(signal)) for signal in signals]
    assert set(answers) <= {202, 503}
    for signal in signals:
        assert aggregate.post(event(signal)) == 202
    assert aggregate.post(SETTLED) == 202
    assert_as_the_oracle_says(aggregate, Oracle(bars, signals))


def test_a_sweep_that_runs_out_of_time_goes_on_with_the_next(
    aggregate: Aggregate, migrated: str
) -> None:
    aggregate.store([bar for n in range(250) for bar in rising(f"S{n:03d}", 2)])
    clock: Iterator[float] = iter(range(1_000))
    engine = connect_engine(migrated)
    sweep = Sweep(Store(engine), seconds=3.5, clock=lambda: next(clock))
    first = sweep.run(final=False)
    assert 0 < first.done < 250
    assert first.left == 250 - first.done
    outcomes = [first]
    while outcomes[-1].left:
        outcomes.append(sweep.run(final=True))
        assert outcomes[-1].done
    engine.dispose()
    assert sum(outcome.done for outcome in outcomes) == 250


def test_a_slice_that_is_too_slow_is_tried_in_halves(aggregate: Aggregate, migrated: str) -> None:
    aggregate.store([bar for n in range(40) for bar in rising(f"S{n:03d}", 2)])
    with aggregate.engine.begin() as connection:  # a slice of more than ten waits for too long
        connection.execute(
            text("""
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF (SELECT count(*) FROM fresh) > 10 THEN PERFORM pg_sleep(60); END IF;
            RETURN NULL; END $$""")
        )
        connection.execute(
            text("""
            CREATE TRIGGER slow AFTER INSERT ON day_summaries REFERENCING NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION slow()""")
        )
        connection.execute(text("ALTER DATABASE " + migrated.rpartition("/")[2].partition("?")[0]
                                + " SET statement_timeout = 300"))  # fmt: skip
    engine = connect_engine(migrated)
    outcome = Sweep(Store(engine)).run(final=True)
    engine.dispose()
    assert (outcome.done, outcome.left) == (40, 0)


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        ({"ce-type": "io.tapedeck.other"}, 422),
        ({"ce-id": "another"}, 422),
        ({"ce-id": ""}, 400),
        ({"content-type": "text/plain"}, 415),
    ],
)
def test_what_is_no_signal_is_refused(
    aggregate: Aggregate, broken: dict[str, str], status: int
) -> None:
    good = event(make_signal(make_bar("A", "5m", DAY, 1.0), Side.BUY))
    headers = binary_headers(good) | broken
    assert aggregate.client.post("/", headers=headers, data=good.data).status_code == status
    assert aggregate.tables()["signal_scores"] == []


def test_without_postgresql_it_is_503_and_not_ready(tmp_path: Any) -> None:
    app = create_app(settings(DATABASE_URL=f"postgresql://postgres@/none?host={tmp_path}"))
    client = app.test_client()
    headers = binary_headers(PING)
    assert client.post("/", headers=headers).status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_without_tables_it_says_what_makes_them(database: str) -> None:
    client = create_app(settings(DATABASE_URL=database)).test_client()
    answer = client.post("/", headers=binary_headers(PING))
    assert answer.status_code == 503
    assert "tapedeck db upgrade" in answer.get_json()["detail"]


HEADER = (
    "rule,interval,symbol,horizon,signals,hits,hit_rate,low,high,mean_return,base_rate,"
    "base_mean_return"
)


@pytest.fixture
def export(migrated: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[..., Any]:
    from streams.cli.main import app as command_line

    monkeypatch.setenv("DATABASE_URL", migrated)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(command_line, ["export", *arguments])


def test_scorecards_and_summaries_are_exported(
    aggregate: Aggregate, export: Callable[..., Any]
) -> None:
    assert export("scorecards").stdout.splitlines() == [HEADER]
    bars = rising("A", 3)
    aggregate.store(bars)
    for bar, warm in ((bars[0], True), (bars[1], False)):
        aggregate.post(event(make_signal(bar, Side.BUY, warm=warm)))
    aggregate.post(SETTLED)
    lines = export("scorecards").stdout.splitlines()
    assert [line.split(",")[:7] for line in lines[1:]] == [
        ["breakout", "5m", symbol, "1", "1", "1", "1.0"] for symbol in ("*", "A")
    ]
    assert export("scorecards", "--symbol", "A").stdout.count("\n") == 2
    refused = export("scorecards", "--from", "0")
    assert refused.exit_code != 0
    summary = export("summaries").stdout.splitlines()
    assert summary[0].startswith("symbol,day_ms,open,high,low,last,change,change_percent,volume")
    assert summary[1].startswith(f"A,{DAY},100.0,")
    assert '{""breakout"": {""buy"": 2}}' in summary[1]
