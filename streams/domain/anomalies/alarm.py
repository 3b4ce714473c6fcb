"""Who cries wolf is not heard: an anomaly is told when it begins or gets worse, and then not again.

    rank      0 0 1 1 1 3 1 1 0 0 1 0 0 0 2
    told          x     x                 x
    cooldown      |-----|--------------|
                                  ^ of the same kind, not worse: held back

While an anomaly lasts it is one. After it was told, its kind is held back for the cooldown, of
event time, unless it is worse than what was told.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AlarmState:
    """Of one symbol: what was told last of each kind, and which anomalies last."""

    told: dict[str, list[int]] = field(default_factory=dict)
    """{kind: [time (ms), rank]}."""
    lasting: dict[str, int] = field(default_factory=dict)
    """{place and kind: the highest rank told while it lasts, 0: held back so far}."""


def alarm(
    state: AlarmState, kind: str, place: str, rank: int, time: int, cooldown: int
) -> tuple[AlarmState, bool]:
    """The next state, and whether to tell.

    `place` is where anomalies of a kind last independently, an interval say; the cooldown (ms) is
    the kind's in all places. Rank 0: nothing is wrong there now.
    """
    at = f"{place}/{kind}"
    before = state.lasting.get(at)
    if not rank:
        if before is None:
            return state, False
        return AlarmState(state.told, {k: v for k, v in state.lasting.items() if k != at}), False
    last, worst = state.told.get(kind, (None, 0))
    cooled = last is None or time - last >= cooldown
    if rank > (before or 0) and (cooled or rank > worst):
        told = {**state.told, kind: [time, rank]}
        return AlarmState(told, {**state.lasting, at: rank}), True
    if before is None:
        return AlarmState(state.told, {**state.lasting, at: 0}), False
    return state, False
