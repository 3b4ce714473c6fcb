"""Kill -9 of whatever there is, in the middle of a replay: the tables are those of a quiet one.

The whole, every process three times, is `make soak`.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.fault_tape import Market, write_tape
from tests.e2e.faults import Outcome, Strike, disturbed
from tests.e2e.stored import differences, notification_faults

_MARKET = Market(symbols=5, ticks=8_000, hours=12.5, swing=2)
_SECONDS = 15.0
_VICTIMS = ("bars", "archive", "deliver", "postgres", "notify", "kafka")


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tape(tmp_path_factory.mktemp("faults") / "tape.csv", _MARKET)


@pytest.fixture(scope="module")
def truth(tape: Path) -> Outcome:
    """An undisturbed run, as fast as it goes."""
    return disturbed(tape)


def _strikes(victims: Sequence[str]) -> list[Strike]:
    """Evenly over the replay: the first notification comes after more than half of it."""
    return [
        Strike(_SECONDS * (0.15 + 0.75 * number / len(victims)), victim)
        for number, victim in enumerate(victims)
    ]


def test_an_undisturbed_replay_stores_everything_and_tells_everyone_once(truth: Outcome) -> None:
    rows, summary = truth.stored.counts(), truth.summary
    assert rows["ticks"] == summary["ticks"] - summary["ticks_duplicate"]
    assert rows["bars"] == rows["indicators"] == sum(summary["bars"].values())
    assert rows["dead_letters"] == summary["rows_rejected"] + summary["ticks_late"]
    assert summary["ticks_late"] > 0
    assert rows["notifications"] > 10
    assert notification_faults(truth.stored, function_died=False) == []


def test_kills_in_the_middle_of_a_replay_change_no_table(tape: Path, truth: Outcome) -> None:
    speed = f"{_MARKET.hours * 3_600 / _SECONDS:.0f}"
    found = disturbed(tape, _strikes(_VICTIMS), speed)
    assert differences(truth.stored, found.stored) == []
    assert notification_faults(found.stored, function_died=True) == []
    assert found.counts == truth.counts
