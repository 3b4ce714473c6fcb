"""Scorecards of signals whose bars are at hand; the terms are those of `scorecard`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from streams.domain.scorecard import Base, Scorecard, scorecard
from streams.domain.signal import Side

_SIGN = {Side.BUY: 1, Side.SELL: -1}


@dataclass(frozen=True, slots=True)
class Series:
    """The closes of one symbol and interval, and the calls: (index of the bar, side)."""

    closes: Sequence[float]
    calls: Sequence[tuple[int, Side]]


def record(series: Series, horizon: int) -> Scorecard | None:
    """The card of one series `horizon` bars later; None where no call can be scored yet.

    A call of the last `horizon` bars, or a neutral one, is not scored.
    """
    closes = series.closes
    scored = [
        (_SIGN[side], _return(closes, at, horizon))
        for at, side in series.calls
        if side in _SIGN and at + horizon < len(closes)
    ]
    if not scored:
        return None
    gains = [sign * change for sign, change in scored]
    buys = sum(sign > 0 for sign, _ in scored)
    return scorecard(
        buys=buys,
        sells=len(scored) - buys,
        hits=sum(gain > 0 for gain in gains),
        mean_return=fsum(gains) / len(gains),
        base=_base(closes, horizon),
    )


def pooled(cards: Iterable[Scorecard]) -> Scorecard | None:
    """One card of several series': each signal counts once, against its own series' base."""
    held = list(cards)
    signals = sum(card.signals for card in held)
    if not signals:
        return None
    known = [c for c in held if c.base_rate is not None and c.base_mean_return is not None]
    return Scorecard(
        signals,
        sum(card.hits for card in held),
        fsum(card.mean_return * card.signals for card in held) / signals,
        _mean([(card.base_rate, card.signals) for card in known]),
        _mean([(card.base_mean_return, card.signals) for card in known]),
    )


def _mean(weighted: Sequence[tuple[float | None, int]]) -> float | None:
    total = sum(weight for _, weight in weighted)
    return fsum((value or 0.0) * weight for value, weight in weighted) / total if total else None


def _return(closes: Sequence[float], at: int, horizon: int) -> float:
    return closes[at + horizon] / closes[at] - 1


def _base(closes: Sequence[float], horizon: int) -> Base:
    returns = [_return(closes, at, horizon) for at in range(len(closes) - horizon)]
    up, down = sum(r > 0 for r in returns), sum(r < 0 for r in returns)
    return Base(len(returns), up, down, fsum(returns))
