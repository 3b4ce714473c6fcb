"""The Bokeh models of the chart: integer x axis, candles, averages, markers and volume.

`assets/terminal.js` fills and moves them; what only it changes is never synced back.
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
    WheelZoomTool,
)
from bokeh.models.annotations.geometry import Span
from bokeh.plotting import figure

BARS = ("n", "o", "h", "l", "c", "v", "mid", "height", "half", "ema38", "ema100", "color")
MARKS = ("n", "y", "glyph", "color", "edge", "fill", "title", "time", "price", "strength", "reason")

_BACK, _GRID, _TEXT = "#0b0e13", "#1a2029", "#8b95a5"
_EMAS = (("ema38", "#f5b942"), ("ema100", "#5aa9ff"))
_TOOLTIP = """<div class="tip" style="font:11px/1.5 ui-monospace,monospace;color:#d6dce5;
max-width:320px"><b style="color:@color">@title</b><br>@time &middot; @price<br>
strength @strength<br><span style="color:#8b95a5">@reason</span></div>"""


class Relay(DataModel):
    """The one wire of a session: JSON frames to the browser, JSON requests from it."""

    frame = String("")
    ask = String("")


@dataclass(frozen=True, slots=True)
class Chart:
    relay: Relay
    price: Any
    volume: Any


def build_chart() -> Chart:
    """Fresh models for one session; they are empty until the browser fills them."""
    relay = Relay(name="relay")
    source = ColumnDataSource({name: [] for name in BARS}, name="bars", syncable=False)
    marks = ColumnDataSource({name: [] for name in MARKS}, name="marks", syncable=False)
    window = Range1d(
        start=0, end=60, name="window", min_interval=12, max_interval=1_200, syncable=False
    )
    ticker = FixedTicker(ticks=[], name="times", syncable=False)
    price = _pane(window, ticker, "price", padding=0.07)
    volume = _pane(window, ticker, "volume", start=0)
    price.xaxis.visible = False
    price.tags = [relay]
    _draw_price(price, source, marks)
    volume.rect(
        "n", "half", 0.72, "v", source=source,
        fill_color="color", line_color=None, fill_alpha=0.55,
    )  # fmt: skip
    upright = Span(dimension="height", name="cursor", **_thin())
    for pane in (price, volume):
        flat = Span(dimension="width", **_thin())
        pane.add_tools(CrosshairTool(overlay=(flat, upright)))
    price.add_layout(
        Span(dimension="width", name="last", line_dash="dotted", syncable=False, visible=False)
    )
    return Chart(relay, price, volume)


def _thin() -> dict[str, Any]:
    return {"line_color": "#6b7686", "line_width": 1, "line_alpha": 0.8, "syncable": False}


def _pane(window: Range1d, ticker: FixedTicker, name: str, padding: float = 0.1, **y: Any) -> Any:
    pan, zoom = PanTool(dimensions="width"), WheelZoomTool(dimensions="width")
    pane = figure(
        name=f"{name}-chart", x_range=window,
        tools=[pan, zoom], active_drag=pan, active_scroll=zoom,
        y_range=DataRange1d(
            only_visible=True, range_padding=padding, name=f"{name}-y", syncable=False, **y
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
        axis.formatter = CustomJSTickFormatter(code="return tapedeck.timeLabel(tick)")
    for axis in pane.yaxis:
        axis.ticker = BasicTicker(desired_num_ticks=8 if name == "price" else 2)
        axis.formatter = CustomJSTickFormatter(code=f"return tapedeck.{name}Label(tick)")
    pane.xgrid.ticker = ticker
    for grid in (*pane.xgrid, *pane.ygrid):
        grid.grid_line_color = _GRID


def _draw_price(pane: Any, source: ColumnDataSource, marks: ColumnDataSource) -> None:
    """Candles are rect and segment: bokehjs clamps off-screen vbars to the frame's edge."""
    pane.segment("n", "l", "n", "h", source=source, line_color="color", line_width=1)
    pane.rect("n", "mid", 0.72, "height", source=source, color="color", line_width=1)
    for name, color in _EMAS:
        pane.line("n", name, source=source, line_color=color, line_width=1.4, name=name)
    drawn = pane.scatter(
        "n", "y", source=marks, marker="glyph", size=15,
        line_color="edge", fill_color="color", fill_alpha="fill", line_width=1.6,
    )  # fmt: skip
    pane.add_tools(HoverTool(renderers=[drawn], tooltips=_TOOLTIP, point_policy="follow_mouse"))
