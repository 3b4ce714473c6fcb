"""`functions.aggregate` beside itself, killed, and short of time."""

import random
from collections.abc import Iterator
from threading import Thread

from sqlalchemy import func, select, text

from functions.aggregate.app import create_app
from functions.aggregate.store import Store
from functions.aggregate.sweep import Sweep
from streams.adapters.database import connect_engine
from streams.domain.signal import Side
from tests.broker.aggregating import PING, SETTLED, Aggregate, event, make_signal, rising
from tests.broker.scorecard_oracle import Oracle, assert_as_the_oracle_says, market
from tests.fakes import settings


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
