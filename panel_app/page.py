"""The page of one session: our own HTML around the Bokeh figures, nothing from other hosts."""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.io import curdoc
from panel.io.resources import CDN_DIST
from tornado.web import StaticFileHandler

from panel_app.chart import PANES, build_chart
from panel_app.session import PULL_MS, Session, Sources
from panel_app.studies import CHARTED

ASSETS = Path(str(files("panel_app"))) / "assets"


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
        template = _Terminal(_html())
        for name, pane in chart.panes.items():
            template.add_panel(name, pane)
        template.add_panel("navigator", chart.navigator)
        template.add_variable("known", _known(sources))
        return template

    return page


class _Terminal(pn.Template):
    """Bokeh walks through every model again for each root that is added: once is enough."""

    def server_doc(
        self, doc: Document | None = None, title: str | None = None, location: Any = True
    ) -> Document:
        document = doc or curdoc()
        with document.models.freeze():
            return super().server_doc(document, title, location)


class _Asset(StaticFileHandler):
    """Scripts and styles; a browser asks each time whether its copy is still the newest."""

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Content-Type-Options", "nosniff")


def asset_routes() -> list[tuple[str, Any, dict[str, str]]]:
    """The page's own files under /assets/, and those of Panel that it looks for elsewhere.

    A page whose session was made anew before its websocket came (a slow network, another copy)
    takes Panel's styles from `PANEL_CDN_ROOT`: `streams.cli.panel` says that this is here.
    """
    dist = str(files("panel") / "dist")
    return [
        (r"/assets/(.+\.(?:js|css))", _Asset, {"path": str(ASSETS)}),
        (rf"{re.escape(CDN_DIST)}(.+)", StaticFileHandler, {"path": dist}),
    ]


def _known(sources: Sources) -> dict[str, Any]:
    """What the page has to know before its first frame."""
    return {
        "panes": PANES,
        "charted": CHARTED,
        "indicators": {name: sources.studies.named(name) for name in sources.intervals},
    }


@cache
def _html() -> str:
    return (ASSETS / "terminal.html").read_text("utf-8")
