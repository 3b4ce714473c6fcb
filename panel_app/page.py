"""The page of one session: our own HTML around two Bokeh figures, nothing from other hosts."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import panel as pn
from bokeh.io import curdoc

from panel_app.chart import build_chart
from panel_app.session import PULL_MS, Session, Sources


def make_page(sources: Sources, opened: Callable[[int], None]) -> Callable[[], pn.Template]:
    """What the server runs for every new session; `opened` hears +1 and -1."""

    def page() -> pn.Template:
        chart = build_chart()
        session = Session(lambda frame: setattr(chart.relay, "frame", frame), sources)
        chart.relay.on_change("ask", lambda _name, _old, new: session.ask(new))
        document = curdoc()
        document.add_periodic_callback(session.pull, PULL_MS)

        def ended(_context: object) -> None:
            session.close()
            opened(-1)

        document.on_session_destroyed(ended)
        opened(1)
        template = pn.Template(_html())
        template.add_panel("price", chart.price)
        template.add_panel("volume", chart.volume)
        return template

    return page


@cache
def _html() -> str:
    """The template with style and script inside: one request, never a stale copy."""
    html, css, js = (
        files("panel_app").joinpath("assets", name).read_text("utf-8")
        for name in ("terminal.html", "terminal.css", "terminal.js")
    )
    return html.replace("/*css*/", css).replace("/*js*/", js)
