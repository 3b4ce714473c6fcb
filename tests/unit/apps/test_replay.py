"""A replay without Kafka: messages, marks, laps, pace, summary."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.adapters.messages import decode_ticks
from streams.adapters.replay_control import ReplayDesk, ReplayPost, ReplayState
from streams.adapters.tape.plan import ReadOptions
from streams.apps.replay import run as module
from streams.apps.replay.request import Progress, ReplayRequest, ReplayResult
from streams.apps.replay.run import replay
from streams.domain.dead_letter import DeadLetter
from streams.domain.errors import ServiceError
from streams.domain.tick import Mark, TickBatch
from tests.fakes import settings
from tests.waiting import wait_for

T = 1_646_136_000_000
ROWS = [("A", 0, 1.1), ("B", 0, 0.1 + 0.2), ("A", 40_000, 1.3), ("A", 61_000, 1e-7), ("B", 700, 5)]


class Collected:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[TickBatch] = []
        self.letters: list[DeadLetter] = []
        self.finished = False

    def ticks(self, symbol: str, value: bytes) -> None:
        batch = decode_ticks(value)
        assert batch.symbol == symbol
        self.batches.append(batch)

    def reject(self, letter: DeadLetter) -> None:
        self.letters.append(letter)

    def finish(self) -> bool:
        self.finished = True
        return True

    def marks(self) -> list[tuple[Mark, str, int | None]]:
        return [(b.mark, b.symbol, b.clock) for b in self.batches if b.mark is not None]

    def sent(self, symbol: str) -> list[tuple[int, float]]:
        return [pair for b in self.batches if b.symbol == symbol
                for pair in zip(b.ts, b.price, strict=True)]  # fmt: skip


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Collected:
    collected = Collected()
    monkeypatch.setattr(module, "KafkaSink", lambda *_: collected)
    return collected


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paced replay writes its state into the home, which is relative by default."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def request_(tmp_path: Path) -> ReplayRequest:
    path = tmp_path / "tape.csv"
    rows = "".join(f"{symbol},{T + at},{price!r}\n" for symbol, at, price in ROWS)
    path.write_text("symbol,ts,price\n" + rows + "A,never,1\n")
    return ReplayRequest((str(path),), ReadOptions())


def run(request: ReplayRequest, **options: Any) -> ReplayResult:
    return replay(settings(), replace(request, **options))


def test_values_survive_exactly_in_the_order_of_the_file(
    sink: Collected, request_: ReplayRequest
) -> None:
    result = run(request_)
    assert sink.sent("A") == [(T, 1.1), (T + 40_000, 1.3), (T + 61_000, 1e-7)]
    assert sink.sent("B") == [(T, 0.1 + 0.2), (T + 700, 5.0)]
    assert {batch.run for batch in sink.batches} == {result.run}
    assert sink.finished


def test_at_the_end_every_symbol_gets_one_end_mark_with_the_tapes_clock(
    sink: Collected, request_: ReplayRequest
) -> None:
    run(request_)
    assert sink.marks() == [(Mark.END, "A", T + 61_000), (Mark.END, "B", T + 61_000)]


def test_without_end_only_bars_that_have_ended_are_closed(
    sink: Collected, request_: ReplayRequest
) -> None:
    run(request_, end=False)
    assert sink.marks() == [
        (Mark.HEARTBEAT, "B", T + 61_000),
        (Mark.REPORT, "A", T + 61_000),
        (Mark.REPORT, "B", T + 61_000),
    ]


def test_a_rejected_row_is_the_same_dead_letter_in_every_run(
    sink: Collected, request_: ReplayRequest
) -> None:
    run(request_)
    run(request_)
    first, again = sink.letters
    assert first == again
    assert (first.origin, first.reason, first.source) == ("replay", "bad_time", "tape.csv")
    assert (first.position, first.raw) == (7, b"A,never,1")


def test_the_same_file_has_the_same_identity_and_another_run(
    sink: Collected, request_: ReplayRequest
) -> None:
    runs = [run(request_).run for _ in range(2)]
    assert len(set(runs)) == 2
    assert len({batch.source for batch in sink.batches if batch.mark is None}) == 1


def test_the_summary_accounts_for_every_row(request_: ReplayRequest) -> None:
    summary = run(request_, dry_run=True, limit=None).summary()
    assert summary["rows_read"] == 6
    assert summary["rejected"] == {"bad_time": 1}
    parts = ("rows_without_price", "rows_filtered", "rows_rejected", "ticks")
    assert sum(summary[part] for part in parts) == 6
    assert summary["ticks_sent"] == summary["ticks"]
    assert (summary["symbols"], summary["first_ts_ms"], summary["last_ts_ms"]) == (2, T, T + 61_000)


@pytest.mark.parametrize("speed", [None, 1e6])
def test_a_loop_repeats_the_tape_a_day_later_under_another_source(
    sink: Collected, request_: ReplayRequest, speed: float | None
) -> None:
    stop = threading.Event()

    def enough(progress: Progress) -> None:
        if progress.lap >= 2:
            stop.set()

    result = replay(settings(), replace(request_, loop=True, speed=speed), enough, stop)
    assert result.interrupted
    assert sink.marks() == [] or speed is not None
    lengths = [T, T + 40_000, T + 61_000]
    days = [ts + lap * 86_400_000 for lap in range(2) for ts in lengths]
    assert [ts for ts, _ in sink.sent("A")][:6] == days
    assert len({batch.source for batch in sink.batches if batch.mark is None}) >= 2


def test_paced_ticks_come_in_order_with_heartbeats_that_make_nothing_late(
    sink: Collected, request_: ReplayRequest
) -> None:
    run(request_, speed=200_000.0)
    seen = dict.fromkeys("AB", 0)
    for batch in sink.batches:
        if batch.mark is Mark.HEARTBEAT:
            assert batch.clock is not None
            seen[batch.symbol] = batch.clock
        assert all(ts >= seen[batch.symbol] for ts in batch.ts)
    assert sink.sent("A") == [(T, 1.1), (T + 40_000, 1.3), (T + 61_000, 1e-7)]
    assert [mark for mark, _, _ in sink.marks()][-2:] == [Mark.END, Mark.END]


def _state(desk: ReplayDesk, wanted: Callable[[ReplayState], bool]) -> ReplayState | None:
    state = desk.look()
    return state if state is not None and wanted(state) else None


def test_a_paced_replay_can_be_paused_and_sped_up_from_outside(
    sink: Collected, request_: ReplayRequest
) -> None:
    desk = ReplayDesk(settings().home)
    thread = threading.Thread(target=lambda: run(request_, speed=20.0))
    thread.start()
    playing = wait_for(desk.look, "a replay with controls")
    assert (playing.speed, playing.paused, playing.files) == (20.0, False, ("tape.csv",))
    assert (playing.first, playing.last) == (T, T + 61_000)
    desk.ask(None, True)
    paused = wait_for(lambda: _state(desk, lambda state: state.paused), "a pause")
    again = wait_for(lambda: _state(desk, lambda state: state.at > paused.at), "the state after it")
    assert again.clock == paused.clock
    assert sink.sent("A")[-1][0] <= paused.clock
    desk.ask(1e6, False)
    thread.join(30)
    assert not thread.is_alive()
    assert sink.sent("A") == [(T, 1.1), (T + 40_000, 1.3), (T + 61_000, 1e-7)]
    assert desk.look() is None
    with pytest.raises(ServiceError, match="none runs"):
        desk.ask(2.0, None)


def test_a_wish_for_another_run_is_left_alone(tmp_path: Path) -> None:
    post, other = (ReplayPost(tmp_path, name, ()) for name in ("mine", "other"))
    other.exchange(1.0, False, 0, (0, 1), 0)
    ReplayDesk(tmp_path).ask(5.0, None)
    assert post.exchange(1.0, False, 0, (0, 1), 0) is None
    other.close()
    assert ReplayDesk(tmp_path).look() is not None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"run": 3}', '{"run": "mine", "speed": "x"}'])
def test_a_control_file_that_cannot_be_read_changes_nothing(tmp_path: Path, text: str) -> None:
    post = ReplayPost(tmp_path, "mine", ())
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "replay-control.json").write_text(text)
    assert post.exchange(1.0, False, 0, (0, 1), 0) is None


def test_a_stopped_replay_sends_no_mark(sink: Collected, request_: ReplayRequest) -> None:
    stop = threading.Event()
    stop.set()
    result = replay(settings(), request_, stop=stop)
    assert result.interrupted
    assert result.sent == 0
    assert sink.marks() == []
