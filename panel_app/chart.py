"""The Bokeh models of the chart: panes over one integer x axis, drawn from one source.

`assets/js` fills, shows and moves them; what only the browser changes is never synced back.
"""

from dataclasses import dataclass
from typing import Any

from bokeh.core.properties import String
from bokeh.model import DataModel
from bokeh.models import (
    BasicTicker,
    ColumnDataSource,
    CrosshairTool,
    CustomJSTickFormatter,
    DataRange1d,
    FixedTicker,
    HoverTool,
    PanTool,
    Range1d,
    RangeTool,
    WheelZoomTool,
)
from bokeh.models.annotations.geometry import BoxAnnotation, Span
from bokeh.plotting import figure

from panel_app.studies import CHARTED

CANDLES = ("n", "o", "h", "l", "c", "v", "mid", "height", "half", "color")
BARS = (*CANDLES, *CHARTED, "hist_mid", "hist_height", "hist_color")
FORECAST = ("n", "low", "mid", "high")
MARKS = ("n", "y", "glyph", "color", "edge", "fill", "title", "time", "price", "strength", "reason")
FREE_PANES = ("free1", "free2")
PANES = ("price", "volume", "rsi", "macd", *FREE_PANES)
LINES = (
    "ema38", "ema100", "sma5", "sma10", "sma20", "sma50", "sma200", "vwap_session", "bb_middle",
)  # fmt: skip
"""Overlays of the price pane; `assets/js/lines.js` has their colours."""
FREE_LINES, FREE_PARTS = 12, 3
"""Lines without a column, on the price and in a free pane: the page gives them the indicators that
somebody chose beside those above."""

_BACK, _GRID, _TEXT = "#0b0e13", "#1a2029", "#8b95a5"
_TOOLTIP = """<div class="tip" style="font:11px/1.5 ui-monospace,monospace;color:#d6dce5;
max-width:320px"><b style="color:@color">@title</b><br>@time &middot; @price<br>
strength @strength<br><span style="color:#8b95a5">@reason</span></div>"""


class Relay(DataModel):
    """The one wire of a session: JSON frames to the browser, JSON requests from it."""

    frame = String("")
    ask = String("")


@dataclass(frozen=True, slots=True)
class Chart:
    """The wire, and the panes by name; the navigator is the strip below them."""

    relay: Relay
    panes: dict[str, Any]
    navigator: Any


def build_chart() -> Chart:
    """Fresh models for one session; they are empty until the browser fills them."""
    relay = Relay(name="relay")
    source = ColumnDataSource({name: [] for name in BARS}, name="bars", syncable=False)
    window = Range1d(
        start=0, end=60, name="window", min_interval=12, max_interval=5_000, syncable=False
    )
    ticker = FixedTicker(ticks=[], name="times", syncable=False)
    upright = Span(dimension="height", name="cursor", **_thin())
    panes = {name: _pane(window, ticker, name) for name in PANES}
    _draw_price(panes["price"], source)
    panes["volume"].rect(
        "n", "half", 0.72, "v", source=source,
        fill_color="color", line_color=None, fill_alpha=0.55,
    )  # fmt: skip
    _draw_rsi(panes["rsi"], source)
    _draw_macd(panes["macd"], source)
    for name in FREE_PANES:
        _draw_free(panes[name], source, FREE_PARTS)
    for pane in panes.values():
        flat = Span(dimension="width", **_thin())
        pane.add_tools(CrosshairTool(overlay=(flat, upright)))
    panes["price"].tags = [relay]
    return Chart(relay, panes, _navigator(window, source))


def _thin() -> dict[str, Any]:
    return {"line_color": "#6b7686", "line_width": 1, "line_alpha": 0.8, "syncable": False}


def _pane(window: Range1d, ticker: FixedTicker, name: str) -> Any:
    pan, zoom = PanTool(dimensions="width"), WheelZoomTool(dimensions="width")
    fixed: dict[str, Any] = {"volume": {"start": 0}, "rsi": {"start": 0, "end": 100}}.get(name, {})
    padding = {"price": 0.07, "rsi": 0.0}.get(name, 0.1)
    pane = figure(
        name=f"{name}-chart", x_range=window,
        tools=[pan, zoom], active_drag=pan, active_scroll=zoom,
        y_range=DataRange1d(
            only_visible=True, range_padding=padding, name=f"{name}-y", syncable=False, **fixed
        ),
        window_axis="x", toolbar_location=None, sizing_mode="stretch_both",
        y_axis_location="right", min_border_right=74, min_border_left=4, min_border_top=4,
        min_border_bottom=4, background_fill_color=_BACK, border_fill_color=_BACK,
        outline_line_color=_GRID, lod_threshold=None, output_backend="canvas",
    )  # fmt: skip
    _dress(pane, ticker, name)
    return pane


def _dress(pane: Any, ticker: FixedTicker, name: str) -> None:
    for axis in (*pane.xaxis, *pane.yaxis):
        axis.axis_line_color = axis.major_tick_line_color = axis.minor_tick_line_color = None
        axis.major_label_text_color = _TEXT
        axis.major_label_text_font = "ui-monospace, monospace"
        axis.major_label_text_font_size = "11px"
    for axis in pane.xaxis:
        axis.ticker = ticker
        axis.visible = False
    for axis in pane.yaxis:
        axis.ticker = (
            FixedTicker(ticks=[30, 70])
            if name == "rsi"
            else BasicTicker(desired_num_ticks=8 if name == "price" else 2)
        )
        axis.formatter = CustomJSTickFormatter(code=f"return tapedeck.yLabel('{name}', tick)")
    pane.xgrid.ticker = ticker
    for grid in (*pane.xgrid, *pane.ygrid):
        grid.grid_line_color = _GRID


def _draw_price(pane: Any, source: ColumnDataSource) -> None:
    """Candles are rect and segment: bokehjs clamps off-screen vbars to the frame's edge."""
    pane.varea(
        "n", "bb_lower", "bb_upper", source=source, name="bb",
        fill_color="#7d8aa0", fill_alpha=0.1,
    )  # fmt: skip
    for edge in ("bb_upper", "bb_lower"):
        _line(pane, source, edge, "bb", 1)
    pane.segment("n", "l", "n", "h", source=source, line_color="color", name="candles")
    pane.rect("n", "mid", 0.72, "height", source=source, color="color", name="candles")
    _line(pane, source, "c", "closes", 1.6).visible = False
    for name in LINES:
        _line(pane, source, name)
    _draw_free(pane, source, FREE_LINES)
    _draw_forecast(pane)
    marks = ColumnDataSource({name: [] for name in MARKS}, name="marks", syncable=False)
    drawn = pane.scatter(
        "n", "y", source=marks, marker="glyph", size=14, name="markers",
        line_color="edge", fill_color="color", fill_alpha="fill", line_width=1.6,
    )  # fmt: skip
    pane.add_tools(HoverTool(renderers=[drawn], tooltips=_TOOLTIP, point_policy="follow_mouse"))
    pane.add_layout(
        Span(dimension="width", name="last", line_dash="dotted", syncable=False, visible=False)
    )


def _line(
    pane: Any, source: ColumnDataSource, column: str, name: str = "", width: float = 1.4
) -> Any:
    """The page colours it, and says what a free one shows; none of that goes back."""
    line = pane.line("n", column, source=source, name=name or column, line_width=width)
    line.syncable = line.glyph.syncable = False
    return line


def _draw_free(pane: Any, source: ColumnDataSource, count: int) -> None:
    for _ in range(count):
        _line(pane, source, "c", "free").visible = False


def _draw_forecast(pane: Any) -> None:
    """What the models expect, and the cone that holds it as often as they say."""
    cone = ColumnDataSource({name: [] for name in FORECAST}, name="cone", syncable=False)
    pane.varea(
        "n", "low", "high", source=cone, name="forecast", fill_color="#ffa028", fill_alpha=0.16
    )
    _line(pane, cone, "mid", "forecast", 1.6).glyph.line_dash = "dashed"


def _draw_rsi(pane: Any, source: ColumnDataSource) -> None:
    band = BoxAnnotation(bottom=30, top=70, level="underlay", fill_color="#5aa9ff", fill_alpha=0.06)
    pane.add_layout(band)
    for level in (30, 70):
        pane.add_layout(
            Span(location=level, dimension="width", line_color="#6b7686", line_dash="dashed")
        )
    _line(pane, source, "rsi14")


def _draw_macd(pane: Any, source: ColumnDataSource) -> None:
    pane.rect(
        "n", "hist_mid", 0.72, "hist_height", source=source,
        fill_color="hist_color", line_color=None, fill_alpha=0.6,
    )  # fmt: skip
    for name in ("macd", "macd_signal"):
        _line(pane, source, name)


def _navigator(window: Range1d, source: ColumnDataSource) -> Any:
    """All bars at once; the box is the window, to drag and to pull at its edges."""
    strip = figure(
        name="navigator-chart", tools="", toolbar_location=None, sizing_mode="stretch_both",
        x_range=Range1d(start=0, end=60, name="whole", syncable=False),
        y_range=DataRange1d(range_padding=0.1, name="navigator-y", syncable=False),
        min_border=0, min_border_right=74, min_border_left=4, background_fill_color=_BACK,
        border_fill_color=_BACK, outline_line_color=_GRID, output_backend="canvas",
    )  # fmt: skip
    strip.line("n", "c", source=source, line_color="#5f6b7d", line_width=1)
    for each in (*strip.xaxis, *strip.yaxis, *strip.xgrid, *strip.ygrid):
        each.visible = False
    tool = RangeTool(x_range=window, start_gesture="pan")
    tool.overlay.fill_color, tool.overlay.fill_alpha = "#ffa028", 0.12
    tool.overlay.line_color, tool.overlay.line_alpha = "#ffa028", 0.5
    tool.overlay.syncable = False
    strip.add_tools(tool)
    return strip
