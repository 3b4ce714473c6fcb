"""What a person sees: the real dashboard in a real browser, fed over the real Kafka."""

import zlib
from math import isclose

import pytest

from streams.domain.signal import Side
from tests.browser.dashboard import Dashboard, wait_until
from tests.browser.feeder import Tape
from tests.browser.screen import Screen
from tests.browser.zigzag import bar, breakout, indicators

NUMBER, START, OPEN, HIGH, LOW, CLOSE, VOLUME = range(7)
EMA38, EMA100, FINAL = 9, 10, 11


def colours(screen: Screen) -> int:
    """Distinct pixels of the price pane: a blank canvas has a handful."""
    return len(set(zlib_rows(screen.page.locator("#price-pane").screenshot())))


def zlib_rows(png: bytes) -> list[bytes]:
    """The filtered rows of a PNG: enough to tell a drawing from an empty pane."""
    at, data, width = 8, b"", int.from_bytes(png[16:20], "big")
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += size + 12
    raw, row = zlib.decompress(data), width * (3 if png[25] == 2 else 4) + 1
    return [raw[k : k + row] for k in range(0, len(raw), row)]


def test_the_bars_on_screen_are_those_produced(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    bars = [bar(k, symbol="EXACT") for k in range(150)]
    tape.send(*bars, *map(indicators, bars))
    tape.send(breakout(bars[120], Side.BUY), breakout(bars[140], Side.SELL))
    screen.open(dashboard.url + "?symbol=EXACT&interval=5m")
    screen.wait("v.drawn === 150 && v.drawnMarks === 2 && v.rows.every(r => r[9] !== null)")
    view = screen.view()
    numbers = [row[NUMBER] for row in view["rows"]]
    assert numbers == list(range(numbers[0], numbers[0] + 150)) == view["drawnNumbers"]
    assert [
        (r[START], r[OPEN], r[HIGH], r[LOW], r[CLOSE], r[VOLUME], r[EMA38], r[EMA100])
        for r in view["rows"]
    ] == [
        (b.start, b.open, b.high, b.low, b.close, b.volume, b.close - 1, b.close + 1) for b in bars
    ]
    assert view["drawnClose"] == [b.close for b in bars]
    assert view["tag"] == f"{bars[-1].close:.2f}"
    assert screen.page.evaluate("Bokeh.documents[0].is_idle")
    wait_until(lambda: colours(screen) > 60, "a drawing on the canvas")


def test_the_last_bar_moves_in_place_and_the_view_follows(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(
        *(bar(k, symbol="MOVES") for k in range(40)), bar(40, 104.0, final=False, symbol="MOVES")
    )
    screen.open(dashboard.url + "?symbol=MOVES&interval=5m")
    screen.wait("v.drawn === 41")
    right = screen.view()["window"][1]
    tape.send(bar(40, 111.5, final=False, symbol="MOVES"))
    screen.wait("v.drawnClose[40] === 111.5 && v.tag === '111.50'")
    assert (screen.view()["drawn"], screen.view()["window"][1]) == (41, right)
    tape.send(bar(40, 112.0, symbol="MOVES"), bar(41, 112.5, final=False, symbol="MOVES"))
    screen.wait("v.drawn === 42 && v.drawnClose[41] === 112.5 && v.drawnClose[40] === 112")
    view = screen.view()
    assert view["window"][1] == right + 1
    assert view["resyncs"] == 0
    assert isclose(view["y"][1], 112.75, rel_tol=0.05)


def test_a_panned_view_stays_until_the_person_goes_live(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(*(bar(k, symbol="PANNED") for k in range(300)))
    screen.open(dashboard.url + "?symbol=PANNED&interval=5m")
    screen.wait("v.drawn === 300 && v.y[0] > 90")
    box = screen.page.locator("#price-pane").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
    screen.page.mouse.move(x, y)
    screen.page.mouse.down()
    screen.page.mouse.move(x + 400, y, steps=8)
    screen.page.mouse.up()
    screen.wait("!v.follow")
    panned = screen.view()["window"]
    tape.send(bar(300, symbol="PANNED"))
    screen.wait("v.drawn === 301")
    assert screen.view()["window"] == panned
    screen.page.get_by_role("button", name="go live").click()
    screen.wait("v.follow && v.window[1] > v.rows.at(-1)[0]")


def test_symbol_and_interval_are_chosen_by_link_search_and_button(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(*(bar(k, symbol=s) for s in ("AAPL", "MSFT", "SAP.DE") for k in range(20)))
    screen.open(dashboard.url + "?symbol=MSFT&interval=5m")
    screen.wait("v.symbol === 'MSFT' && v.drawn === 20 && v.symbols >= 3")
    screen.page.keyboard.press("/")
    screen.page.keyboard.type("sap")
    screen.page.keyboard.press("Enter")
    screen.wait("v.symbol === 'SAP.DE' && v.drawn === 20")
    assert "symbol=SAP.DE&interval=5m" in screen.page.url
    screen.page.get_by_role("button", name="15m").click()
    screen.wait("v.interval === '15m' && v.drawn === 0")
    assert "interval=15m" in screen.page.url
    assert "no 15m bars of SAP.DE yet" in screen.page.locator("#empty").inner_text()
    screen.page.reload()
    screen.wait("v.symbol === 'SAP.DE' && v.interval === '15m'")


@pytest.mark.parametrize(
    "query", ["?symbol=NOPE", "?interval=9z", "?symbol=%3Cimg src=x%3E", "?a=b"]
)
def test_a_bad_link_still_shows_a_page(
    tape: Tape, dashboard: Dashboard, screen: Screen, query: str
) -> None:
    tape.send(bar(0, symbol="LINK"))
    screen.open(dashboard.url + query)
    screen.wait("v.symbols >= 1 && v.interval === '5m'")


def test_an_empty_dashboard_says_what_to_do_and_fills_by_itself(
    own_tape: Tape, own_dashboard: Dashboard, screen: Screen
) -> None:
    screen.open(own_dashboard.url)
    screen.wait("v.badge === 'FEED IDLE'")
    said = screen.page.locator("#empty").inner_text()
    assert "no data yet" in said
    assert "tapedeck replay FILE" in said
    own_tape.send(bar(0), bar(1))
    screen.wait("v.symbol === 'AAPL' && v.drawn === 2")
    assert not screen.page.locator("#empty").is_visible()


def test_a_finished_tape_is_idle_and_open_bars_without_ticks_are_stale(
    own_tape: Tape, own_dashboard: Dashboard, screen: Screen
) -> None:
    own_tape.send(bar(0), bar(1, final=False))
    screen.open(own_dashboard.url)
    screen.wait("v.badge.startsWith('STALE')")
    own_tape.send(bar(1))
    screen.wait("v.badge === 'LIVE'")
    screen.wait("v.badge === 'FEED IDLE'")
    assert "last tick 2021-11-08 08:09:59" in screen.page.locator("#feed").inner_text()


def test_a_lost_server_is_said_and_the_page_recovers_when_it_is_back(
    own_tape: Tape, own_dashboard: Dashboard, screen: Screen
) -> None:
    own_tape.send(*(bar(k) for k in range(30)))
    screen.open(own_dashboard.url + "?symbol=AAPL&interval=5m")
    screen.wait("v.drawn === 30")
    assert own_dashboard.stop() < 10
    screen.wait("v.badge.includes('CONNECTION LOST')")
    own_tape.send(bar(30))
    own_dashboard.start()
    screen.wait("v.drawn === 31 && v.badge !== 'STALE · CONNECTION LOST'", 30)


def test_an_idle_page_sends_nothing_and_receives_a_heartbeat_a_second(
    own_tape: Tape, own_dashboard: Dashboard, screen: Screen
) -> None:
    own_tape.send(*(bar(k) for k in range(30)))
    screen.open(own_dashboard.url)
    screen.wait("v.drawn === 30 && v.badge === 'FEED IDLE'")
    screen.wait(f"v.frames >= {screen.view()['frames'] + 2}")  # what came before has been counted
    sent, received, frames = screen.sent, screen.received, screen.view()["frames"]
    screen.wait(f"v.frames >= {frames + 4}")
    assert screen.sent - sent <= 3
    assert screen.received - received <= 3 * 6


def test_two_browsers_see_the_same_bars(
    tape: Tape, dashboard: Dashboard, screen: Screen, browser: object
) -> None:
    tape.send(*(bar(k, symbol="TWO") for k in range(50)))
    other = Screen(browser.new_context().new_page())  # type: ignore[attr-defined]  # a Browser
    for shown in (screen, other):
        shown.open(dashboard.url + "?symbol=TWO&interval=5m")
        shown.wait("v.drawn === 50")
    tape.send(bar(50, 99.0, symbol="TWO"))
    for shown in (screen, other):
        shown.wait("v.drawnClose[50] === 99")
    assert screen.view()["rows"] == other.view()["rows"]
    other.page.context.close()


def test_probes_metrics_and_a_taken_port(tape: Tape, dashboard: Dashboard) -> None:
    tape.send(bar(0, symbol="PROBE"))
    wait_until(lambda: "tapedeck_panel_bars 0.0" not in dashboard.get("metrics")[1], "a bar")
    assert dashboard.get("healthz")[0] == 200
    assert '"ready": true' in dashboard.get("readyz")[1]
    second = Dashboard(dashboard.kafka, tape.prefix, dashboard.home / "2", dashboard.port)
    second.start()
    assert second.process
    wait_until(lambda: second.process is not None and second.process.poll() == 1, "an exit")
    assert f"expected port {dashboard.port} of 127.0.0.1 to be free" in second.log()
