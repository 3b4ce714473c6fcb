"""Rates and latencies of the last moments."""

from panel_app.meters import Latencies, Rates


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_rate_is_over_the_last_ten_whole_seconds() -> None:
    clock = Clock()
    rates = Rates(clock)
    for _ in range(30):
        rates.add("bars", 5)
        clock.now += 1
    assert rates.per_second("bars") == 5.0
    clock.now += 5
    assert rates.per_second("bars") == 2.5
    clock.now += 60
    assert rates.per_second("bars") == 0.0
    assert rates.per_second("none") == 0.0


def test_soon_after_the_start_a_rate_is_over_what_there_was() -> None:
    clock = Clock()
    rates = Rates(clock)
    rates.add("bars", 8)
    clock.now += 2
    assert rates.per_second("bars") == 4.0


def test_percentiles_are_of_the_last_minute() -> None:
    clock = Clock()
    latencies = Latencies(clock)
    assert latencies.percentiles(0.5) is None
    latencies.add(9_999.0)
    clock.now += 61
    for ms in range(1, 101):
        latencies.add(float(ms))
    assert latencies.percentiles(0.5, 0.99, 1.0) == [50.0, 99.0, 100.0]
    latencies.add(-5.0)  # a clock that is ahead
    assert latencies.percentiles(0.0) == [0.0]
