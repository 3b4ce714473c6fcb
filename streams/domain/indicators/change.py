"""Change of the price since the bar before."""

from dataclasses import dataclass

from streams.domain.bar import Bar


@dataclass(frozen=True, slots=True)
class Change:
    """`close - previous close` in the units of the price, and the same in percent of the previous.

    From the second bar on. State: the last close.
    """

    @property
    def name(self) -> str:
        return "change"

    @property
    def names(self) -> tuple[str, ...]:
        return ("change", "change_pct")

    def step(self, state: float | None, bar: Bar) -> tuple[float, dict[str, float]]:
        if state is None:
            return bar.close, {}
        change = bar.close - state
        return bar.close, {"change": change, "change_pct": 100 * (change / state)}
