"""What a backtest comes down to: its figures by name, and the doubts that belong beside them."""

from collections.abc import Iterator
from typing import Any

from streams.domain.backtest import Backtest, Curve

FEW_TRADES = 30
SHORT_MS = 60 * 86_400_000
SURE, UNLIKELY = 0.95, 0.05


def figures(found: Backtest) -> dict[str, Any]:
    """Everything that is measured, by the names that programs read; None where not defined."""
    test, terms = found.permutation, found.terms
    return {
        "symbols": len(found.followed),
        "bars": found.bars,
        "signals": sum(len(each.calls) for each in found.followed),
        "trades": found.trades,
        "won": found.won,
        **_curve(found.rule),
        "exposed": found.exposed,
        "turnover": found.turnover,
        "buy_and_hold": _curve(found.hold),
        "permutation_p": test.p_value if test else None,
        "permutation_turns": len(test.turned) if test else 0,
        "deflated_sharpe": found.deflated_sharpe,
        "tried": terms.tried,
        "costs_bps": terms.costs * 10_000,
        "slippage_bps": terms.slippage * 10_000,
        "hold_bars": terms.hold,
        "short": terms.short,
        "bars_a_year": found.rule.bars_a_year,
        "evidence": has_evidence(found),
        "doubts": [*doubts(found)],
    }


def _curve(curve: Curve) -> dict[str, float | None]:
    return {
        "total_return": curve.total_return,
        "sharpe": curve.sharpe,
        "volatility": curve.volatility,
        "worst_drawdown": curve.worst_drawdown,
    }


def has_evidence(found: Backtest) -> bool:
    """Whether luck explains it badly: a small p, a high deflated Sharpe ratio, enough trades."""
    test, deflated = found.permutation, found.deflated_sharpe
    return (
        test is not None
        and test.p_value < UNLIKELY
        and deflated is not None
        and deflated > SURE
        and found.trades >= FEW_TRADES
    )


def doubts(found: Backtest) -> Iterator[str]:
    """Sentences for people, the gravest first; the last ones are always true."""
    test, terms = found.permutation, found.terms
    if test is None:
        yield "Nothing was ever held: there is nothing to judge."
    elif test.p_value >= UNLIKELY:
        yield (
            f"Permutation test, p = {test.p_value:.3f}: {test.p_value:.0%} of the same positions "
            "at other times did as well. The timing is explained by chance."
        )
    else:
        yield (
            f"Permutation test, p = {test.p_value:.3f}: few of the same positions at other times "
            "did as well, if this is the only rule that was tried."
        )
    if found.deflated_sharpe is not None:
        weak = " It should be above 0.95." if found.deflated_sharpe <= SURE else ""
        yield (
            f"Deflated Sharpe ratio {found.deflated_sharpe:.3f}: the chance that the Sharpe ratio "
            f"is more than the luck of the best of {terms.tried} tried.{weak}"
        )
    if found.trades < FEW_TRADES:
        yield f"{found.trades} completed trades: fewer than {FEW_TRADES} say next to nothing."
    points = found.points
    if points and points[-1].start - points[0].start < SHORT_MS:
        days = (points[-1].start - points[0].start) / 86_400_000
        yield f"The tape spans {days:.1f} days: annual figures of less than 60 mean little."
    if found.rule.total_return <= found.hold.total_return:
        yield "Buying and holding did as well or better."
    if not terms.costs + terms.slippage:
        yield "Neither costs nor slippage are counted; real trading has both."
    if terms.tried == 1:
        yield (
            "Every rule, setting and tape that was tried before this one makes a good result "
            "likelier by luck alone: say how many they were (tried)."
        )
    yield "What worked on this tape need not work on the next one. Nothing here is advice."
