"""One page of the browser, what it shows and all that went wrong on it."""

from typing import Any

from playwright.sync_api import Page


class Screen:
    """One page of the browser and all that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.sent = 0
        self.received = 0
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._complained)
        page.on("response", self._answered)
        page.on("request", self._requested)
        page.on("websocket", self._wired)

    def open(self, url: str) -> None:
        self.page.goto(url)

    def wait(self, expression: str, seconds: float = 60) -> None:
        """Wait until a JavaScript expression over `v`, the page's own view, is true."""
        self.page.wait_for_function(
            f"(() => {{ const v = window.tapedeck?.view?.(); return v && ({expression}); }})()",
            timeout=seconds * 1_000,
        )

    def view(self) -> dict[str, Any]:
        """What the page shows, as plain values."""
        shown: dict[str, Any] = self.page.evaluate("tapedeck.view()")
        return shown

    def _answered(self, answer: Any) -> None:
        if answer.status >= 400:
            self.errors.append(f"{answer.status} {answer.url}")

    def _complained(self, message: Any) -> None:
        """Bokeh says there, too, what the server refused of what the page sent back."""
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.errors.append(message.text)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.foreign.append(request.url)

    def _wired(self, socket: Any) -> None:
        if not socket.url.startswith("ws://127.0.0.1:"):
            self.foreign.append(socket.url)
        socket.on("framesent", lambda _: setattr(self, "sent", self.sent + 1))
        socket.on("framereceived", lambda _: setattr(self, "received", self.received + 1))
