"""What the REST API remembers: that PostgreSQL is away, and values for a moment."""

from functions.query.breaker import Breaker
from functions.query.held import Held


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_lets_one_try_after_each_pause() -> None:
    clock = Clock()
    breaker = Breaker(5.0, clock)
    assert breaker.allows()
    assert breaker.failed()
    assert not breaker.failed()
    clock.now = 4.9
    assert not breaker.allows()
    clock.now = 5.0
    assert [breaker.allows(), breaker.allows()] == [True, False]
    clock.now = 10.0
    assert breaker.allows()
    breaker.worked()
    assert [breaker.allows(), breaker.allows()] == [True, True]


def test_held_values_live_for_a_moment_and_are_few() -> None:
    clock = Clock()
    held: Held[int] = Held(0.25, 2, clock)
    held.put("a", 1)
    clock.now = 0.2
    held.put("b", 2)
    assert (held.get("a"), held.get("b"), held.get("c")) == (1, 2, None)
    clock.now = 0.25
    assert (held.get("a"), held.get("b")) == (None, 2)
    held.put("c", 3)
    assert (held.get("b"), held.get("c")) == (None, 3)
