"""A backtest as one HTML page: figures, doubts, plots, trades. It loads nothing from elsewhere."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from streams.domain.backtest import Backtest
from streams.research.plot import Line, histogram, line_plot
from streams.research.verdict import figures, has_evidence

_MOST_TRADES = 200
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --page: #fff; --rule: #0b68cb;
  --hold: #8b8d98; --loss: #ce2c31; --soft: #e8e8ec; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #b0b4ba; --page: #111113;
  --rule: #70b8ff; --hold: #80838d; --loss: #ff9592; --soft: #2a2b2f; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.doubts { border-left: 4px solid var(--loss); padding-left: 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid var(--soft); }
th:first-child, td:first-child { text-align: left; } .dim, .empty { color: var(--dim); }
figure { margin: 1.5rem 0; } svg { width: 100%; height: auto; }
svg text { font-size: 11px; fill: var(--dim); } .grid { stroke: var(--soft); }
.line { fill: none; stroke-width: 1.5; } .line.rule { stroke: var(--rule); }
.line.hold { stroke: var(--hold); } .line.drawdown { stroke: var(--loss); }
.bar { fill: var(--hold); } line.mark { stroke: var(--loss); stroke-width: 2; }
.key { margin-left: .8em; font-size: .85em; } .key.rule { color: var(--rule); }
.key.hold { color: var(--hold); } .key.drawdown, .key.mark { color: var(--loss); }
"""


def html_report(found: Backtest, title: str, about: str) -> str:
    """The whole page; `about` says what the tape and the rule were."""
    verdict = (
        "Luck explains this badly, for now." if has_evidence(found)
        else "No evidence of skill: luck explains this."
    )  # fmt: skip
    doubts = "".join(f"<li>{escape(each)}</li>" for each in figures(found)["doubts"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="dim">{escape(about)}</p>'
        f'<div class="doubts"><p><strong>{verdict}</strong></p><ul>{doubts}</ul></div>'
        f"<h2>Figures</h2>{_figures(found)}{_plots(found)}{_symbols(found)}{_trades(found)}"
        "</body></html>\n"
    )


def _figures(found: Backtest) -> str:
    rule, hold = found.rule, found.hold
    rows = [
        ("total return", _percent(rule.total_return), _percent(hold.total_return)),
        ("worst drawdown", _percent(rule.worst_drawdown), _percent(hold.worst_drawdown)),
        ("Sharpe ratio, annual", _number(rule.sharpe), _number(hold.sharpe)),
        ("volatility, annual", _share(rule.volatility), _share(hold.volatility)),
        ("exposed", _share(found.exposed), _share(1.0)),
        ("turnover (times the equity)", f"{found.turnover:.1f}", "1.0"),
        ("completed trades, won", f"{found.trades:,}, {found.won:,}", ""),
    ]
    note = f"A year is taken for {rule.bars_a_year:,.0f} bars."
    return _table(("", "the rule", "buy and hold"), rows) + f'<p class="dim">{note}</p>'


def _plots(found: Backtest) -> str:
    points = found.points
    times = [point.start for point in points]
    rule = Line("rule", "the rule", [point.equity for point in points])
    hold = Line("hold", "buy and hold", [point.hold for point in points])
    fall = Line("drawdown", "below its peak", [point.drawdown for point in points])
    plots = line_plot("Equity, from 1", times, (hold, rule))
    plots += line_plot("Drawdown", times, (fall,), 160, ".1%")
    test = found.permutation
    if test is not None:
        label = f"this rule: {test.actual:+.1%}, p = {test.p_value:.3f}"
        plots += histogram("The same positions at other times: sum of returns", test.turned,
                           test.actual, label)  # fmt: skip
    return f"<h2>Plots</h2>{plots}"


def _symbols(found: Backtest) -> str:
    if len(found.followed) < 2:
        return ""
    rows = [
        (each.symbol, f"{len(each.prices):,}", f"{len(each.calls):,}",
         f"{len(each.ledger.trades):,}", _percent(each.ledger.points[-1].equity - 1),
         _percent(each.ledger.points[-1].hold - 1))
        for each in found.followed
    ]  # fmt: skip
    heads = ("symbol", "bars", "signals", "trades", "return", "buy and hold")
    return f"<h2>Symbols</h2>{_table(heads, rows)}"


def _trades(found: Backtest) -> str:
    trades = sorted(
        ((each.symbol, trade) for each in found.followed for trade in each.ledger.trades),
        key=lambda pair: pair[1].left,
    )
    if not trades:
        return ""
    rows = [
        (symbol, "long" if trade.position > 0 else "short", _time(trade.entered), _time(trade.left),
         f"{trade.price:.10g}", f"{trade.exit_price:.10g}", f"{trade.gain:+.3%}")
        for symbol, trade in trades[-_MOST_TRADES:]
    ]  # fmt: skip
    title = f"Trades, the last {len(rows):,} of {len(trades):,}"
    heads = ("symbol", "way", "entered (UTC)", "left (UTC)", "price", "exit", "gain after costs")
    return f"<h2>{title}</h2>{_table(heads, rows)}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.2%}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
