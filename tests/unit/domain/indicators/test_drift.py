"""The soak of the indicators, in small: `make soak` takes ten million bars."""

from tests.soak.indicators import Drift, drift_faults, drifts, every_kind, largest


def test_no_indicator_drifts_from_a_fresh_computation() -> None:
    found = list(drifts(1_500, seed=3))
    assert [drift.bars for drift in found] == list(range(150, 1_501, 150))
    assert [fault for drift in found for fault in drift_faults(drift)] == []
    assert largest(found).keys() == set(every_kind().names)


def test_what_drifts_or_is_missing_is_a_fault() -> None:
    faults = drift_faults(Drift(1_000, {"obv": 2e-9, "sma20": 9e-10}, ("rsi14",)))
    assert faults == [
        "rsi14: expected a value after 1,000 bars",
        "obv: expected less than 1e-09 beside a fresh computation after 1,000 bars, was 2.00e-09",
    ]
