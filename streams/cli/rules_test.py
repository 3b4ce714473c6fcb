"""What `tapedeck rules test` reports: the hits of a rule and its scorecard."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streams.domain.scorecard import Scorecard
    from streams.research import History
    from streams.research.history import Card


def test_of(history: "History", rule: str, side: str | None, *, cold: bool) -> dict[str, Any]:
    """The whole report, as `--json` prints it."""
    signals = history.found(rule, side)
    symbols = {bar.symbol for bar in history.held}
    return {
        "rule": rule,
        "interval": history.interval,
        "bars": len(history.held),
        "symbols": len(symbols),
        "signals": len(signals),
        "cold": sum(not signal.warm for signal in signals),
        "sides": dict(sorted(Counter(signal.side.value for signal in signals).items())),
        "scorecard": [_card(each) for each in history.cards(rule, side, cold=cold)],
        "hits": [
            {"time_ms": s.time, "symbol": s.symbol, "side": s.side.value, "price": s.price,
             "strength": s.strength, "warm": s.warm, "reason": s.reason}
            for s in sorted(signals, key=lambda signal: (signal.time, signal.symbol))
        ],
    }  # fmt: skip


def _card(found: "Card") -> dict[str, Any]:
    _, _, symbol, horizon, card = found
    low, high = card.interval
    return {
        "symbol": symbol, "horizon": horizon, "signals": card.signals, "hits": card.hits,
        "hit_rate": card.hit_rate, "low": low, "high": high, "mean_return": card.mean_return,
        "base_rate": card.base_rate, "base_mean_return": card.base_mean_return,
        "verdict": _verdict(card),
    }  # fmt: skip


def _verdict(card: "Scorecard") -> str:
    """Whether the base rate is within the interval of the hit rate (95 %)."""
    low, high = card.interval
    if card.base_rate is None:
        return "unknown"
    if card.base_rate < low:
        return "better"
    return "worse" if card.base_rate > high else "no other"


def show_test(found: dict[str, Any], latest: int) -> None:
    """The report for people, on stdout."""
    from rich.console import Console

    console = Console(highlight=False)
    if not found["bars"]:
        console.print("No bars: the tape has no tick that was asked for.")
        return
    sides = ", ".join(f"{count:,} {side}" for side, count in found["sides"].items())
    cold = f"; {found['cold']:,} before the averages were warm" if found["cold"] else ""
    console.print(
        f"{found['rule']}: {found['signals']:,} signals on {found['bars']:,} bars of "
        f"{found['interval']}, symbols: {found['symbols']:,}{f' ({sides}{cold})' if sides else ''}",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    _show_hits(found["hits"][-latest:] if latest else [], console)
    if found["scorecard"]:
        _show_cards(found, console)
    elif found["signals"]:
        console.print("No scorecard: no warm signal is old enough (--cold counts the others).")


def _show_hits(hits: list[dict[str, Any]], console: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    if not hits:
        return
    table = Table("time (UTC)", "symbol", "side", "price", "reason")
    for hit in hits:
        moment = datetime.fromtimestamp(hit["time_ms"] / 1_000, UTC)
        reason = hit["reason"] if hit["warm"] else f"(cold) {hit['reason']}"
        table.add_row(
            f"{moment:%Y-%m-%d %H:%M:%S}", Text(hit["symbol"]), hit["side"],
            f"{hit['price']:.10g}", Text(reason),
        )  # fmt: skip
    console.print(table)


def _show_cards(found: dict[str, Any], console: Any) -> None:
    """Those of all symbols; of each symbol too where there are few."""
    from rich.table import Table
    from rich.text import Text

    table = Table("symbol")
    for heading in ("bars", "scored", "hits", "95 %", "base", "gain", "base"):
        table.add_column(heading, no_wrap=True)
    table.add_column("than base")
    each = found["symbols"] <= 5
    for card in found["scorecard"]:
        if (card["symbol"] == "*") == (found["symbols"] == 1) or not (
            each or card["symbol"] == "*"
        ):
            continue
        table.add_row(
            Text("all" if card["symbol"] == "*" else card["symbol"]), str(card["horizon"]),
            f"{card['signals']:,}", f"{card['hit_rate']:.1%}",
            f"{100 * card['low']:.1f}-{100 * card['high']:.1f}", _share(card["base_rate"]),
            _points(card["mean_return"]), _points(card["base_mean_return"]), card["verdict"],
        )  # fmt: skip
    console.print(table)
    console.print(
        "bars: after the signal's; gain: mean, in basis points, before costs; base: of all bars.\n"
        "95 %: of signals by themselves; where they are closer than so many bars it is wider.\n"
        "The more rules you try, the likelier one looks good by chance.", soft_wrap=True
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _points(value: float | None) -> str:
    return "" if value is None else f"{1e4 * value:+.1f}"
