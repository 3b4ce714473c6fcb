"""Line plots and histograms as inline SVG: a page that holds them loads nothing from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

WIDTH, HEIGHT = 860, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 10, 10, 24
_MOST_POINTS = 1_500
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A named curve; the name is also its class in the page's style."""

    name: str
    label: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to places on the plot."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def line_plot(
    title: str, times: Sequence[int], lines: Sequence[Line], height: int = HEIGHT, form: str = ".3f"
) -> str:
    """Curves over time (epoch ms); thinned to what a screen shows, ends kept; `form` of numbers."""
    if len(times) < 2:
        return f'<p class="empty">{escape(title)}: too few bars for a plot.</p>'
    picked = _picked(len(times))
    values = [line.values[at] for line in lines for at in picked]
    across = _Scale(times[0], times[-1], _LEFT, WIDTH - _RIGHT)
    up = _scale(min(values), max(values), height)
    paths = "".join(
        f'<polyline class="line {escape(line.name)}" points="'
        + " ".join(f"{across(times[at]):.1f},{up(line.values[at]):.1f}" for at in picked)
        + '"/>'
        for line in lines
    )
    legend = " ".join(
        f'<span class="key {escape(line.name)}">{escape(line.label)}</span>' for line in lines
    )
    return _figure(title, legend, _grid(up, form) + _dates(times, height) + paths, height)


def histogram(title: str, values: Sequence[float], mark: float, label: str) -> str:
    """How often values are where, and where the marked one is among them."""
    low, high = min(*values, mark), max(*values, mark)
    if low == high:
        return f'<p class="empty">{escape(title)}: all alike.</p>'
    height, bins = 180, 40
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int((value - low) / (high - low) * bins))] += 1
    across = _Scale(low, high, _LEFT, WIDTH - _RIGHT)
    up = _Scale(0, max(counts), height - _BOTTOM, _TOP)
    wide = (WIDTH - _LEFT - _RIGHT) / bins
    bars = "".join(
        f'<rect class="bar" x="{_LEFT + at * wide:.1f}" y="{up(count):.1f}" width="{wide - 1:.1f}" '
        f'height="{height - _BOTTOM - up(count):.1f}"/>'
        for at, count in enumerate(counts)
    )
    ends = "".join(
        f'<text x="{across(end):.1f}" y="{height - 6}" text-anchor="{anchor}">{end:+.1%}</text>'
        for end, anchor in ((low, "start"), (high, "end"))
    )
    at = across(mark)
    line = f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{height - _BOTTOM}"/>'
    legend = f'<span class="key mark">{escape(label)}</span>'
    return _figure(title, legend, bars + ends + line, height)


def _figure(title: str, legend: str, body: str, height: int) -> str:
    return (
        f"<figure><figcaption>{escape(title)} {legend}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{body}</svg></figure>"
    )


def _picked(count: int) -> list[int]:
    step = max(1, -(-count // _MOST_POINTS))
    return [*range(0, count - 1, step), count - 1]


def _scale(low: float, high: float, height: int) -> _Scale:
    room = (high - low) * 0.04 or abs(high) * 0.04 or 1.0
    return _Scale(low - room, high + room, height - _BOTTOM, _TOP)


def _grid(up: _Scale, form: str) -> str:
    values = [up.low + (up.high - up.low) * at / (_TICKS - 1) for at in range(_TICKS)]
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{up(value):.1f}" '
        f'y2="{up(value):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{up(value) + 4:.1f}" text-anchor="end">{value:{form}}</text>'
        for value in values
    )


def _dates(times: Sequence[int], height: int) -> str:
    across = _Scale(times[0], times[-1], _LEFT, WIDTH - _RIGHT)
    shown = "%H:%M" if times[-1] - times[0] < 86_400_000 else "%Y-%m-%d"
    anchors = ["start", *["middle"] * (_TICKS - 2), "end"]
    moments = [times[0] + (times[-1] - times[0]) * at / (_TICKS - 1) for at in range(_TICKS)]
    return "".join(
        f'<text x="{across(moment):.1f}" y="{height - 6}" text-anchor="{anchor}">'
        f"{datetime.fromtimestamp(moment / 1_000, UTC):{shown}}</text>"
        for moment, anchor in zip(moments, anchors, strict=True)
    )
