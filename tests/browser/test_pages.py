"""The terminal's pages beside the chart, its lines and panes, list, keys and links."""

from dataclasses import replace

import panel
import pytest

from streams.domain.prediction import Forecast, ModelVote, Prediction
from streams.domain.signal import Side, Signal
from tests.browser.dashboard import Dashboard
from tests.browser.feeder import Tape
from tests.browser.screen import Screen
from tests.browser.zigzag import DAY, FIVE, bar, breakout, indicators

PAGES = ("chart", "symbol", "grid", "alerts", "performance", "system")


def test_forecast_and_votes_of_the_models_are_shown(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    bars = [bar(k, symbol="CONE") for k in range(30)]
    last = bars[-1]
    said = Prediction(
        "CONE", "5m", last.start, last.end, last.close, "*", "v1",
        {"xgboost": ModelVote("UP", 0.61), "forest": ModelVote("DOWN", 0.44)},
        [Forecast(1, last.close + 1, last.close, last.close + 2, 0.8),
         Forecast(6, last.close + 2, last.close - 3, last.close + 7, 0.8)],
    )  # fmt: skip
    call = Signal(
        "CONE/call", last.end, "CONE", "5m", "recommendation", Side.BUY, last.close, 1.0, True, "",
    )  # fmt: skip
    tape.send(*bars, said, call)
    screen.open(dashboard.url + "?symbol=CONE&interval=5m&lines=forecast")
    screen.wait("v.drawn === 30 && v.forecast.n.length === 3")
    drawn = screen.view()["forecast"]
    number = int(screen.view()["lastNumber"])
    assert drawn["n"] == [number, number + 1, number + 6]
    assert drawn["low"] == [last.close, last.close, last.close - 3]
    assert drawn["high"] == [last.close, last.close + 2, last.close + 7]
    assert screen.view()["window"][1] >= number + 6
    screen.page.fill("#filter", "cone")
    screen.page.locator("#rows").get_by_text("BUY", exact=True).wait_for()
    screen.open(dashboard.url + "?symbol=CONE&interval=5m&page=symbol")
    screen.page.get_by_text("61% up").wait_for()
    screen.page.get_by_text("1 up · 1 down · 0 neutral").wait_for()
    screen.page.get_by_text("Forecast of the close").wait_for()
    screen.errors = [e for e in screen.errors if "/data/" not in e]  # no PostgreSQL here


def test_the_watchlist_lists_sorts_filters_and_follows_the_keys(
    own_tape: Tape, own_dashboard: Dashboard, screen: Screen
) -> None:
    for number in range(120):
        one = bar(0, 100 + number, symbol=f"W{number:03}")
        own_tape.send(one, replace(one, interval="1m", end=one.start + 60_000))
    screen.open(own_dashboard.url + "?symbol=W003&interval=5m")
    screen.wait("v.list.symbols === 120 && v.drawn === 1")
    assert 10 < screen.view()["list"]["drawn"] < 60  # only the rows on screen exist
    screen.page.keyboard.press("j")
    screen.wait("v.symbol === 'W004'")
    screen.page.keyboard.press("k")
    screen.wait("v.symbol === 'W003'")
    screen.page.locator("#list-head button", has_text="LAST").click()
    screen.wait("v.list.shown[0] === 'W119'")
    screen.page.get_by_label("Filter the watchlist").fill("w01")
    screen.wait("v.list.shown.length === 10 && v.list.shown[0] === 'W019'")
    screen.page.get_by_text("W017", exact=True).click()
    screen.wait("v.symbol === 'W017'")


def test_an_alert_arrives_is_filtered_acknowledged_and_leads_to_its_bar(
    own_tape: Tape, own_dashboard: Dashboard, screen: Screen
) -> None:
    bars = [bar(k, symbol="ALERT") for k in range(300)]
    own_tape.send(*bars, breakout(bars[20], Side.SELL))
    screen.open(own_dashboard.url + "?symbol=ALERT&interval=5m&page=alerts")
    screen.wait("v.alerts.held === 1 && v.drawn === 300")
    own_tape.send(breakout(bars[150], Side.BUY))
    screen.wait("v.alerts.held === 2 && v.alerts.toasts === 1")
    screen.page.locator("#filter-side").select_option("sell")
    screen.wait("v.alerts.shown === 1 && v.alerts.open === 2")
    screen.page.get_by_role("button", name="acknowledge", exact=True).click()
    screen.wait("v.alerts.open === 1")
    screen.page.locator("#alert-list tr.jump").click()
    number = bars[20].start
    screen.wait(
        "v.page === 'chart' && (r => r && r[0] > v.window[0] && r[0] < v.window[1])"
        f"(v.rows.find(r => r[1] === {number})) && !v.follow"
    )
    screen.errors = [e for e in screen.errors if "/data/" not in e]  # no PostgreSQL here


def test_the_symbol_page_shows_what_is_known_and_what_is_not(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    bars = [bar(k, symbol="KNOWN") for k in range(60)]
    tape.send(*bars, *map(indicators, bars), breakout(bars[50], Side.BUY))
    screen.open(dashboard.url + "?symbol=KNOWN&interval=5m&page=symbol")
    page = screen.page.locator("#symbol-page")
    page.get_by_text("Recent signals").wait_for()
    assert page.locator(".card").count() == 7
    assert page.locator(".vote").count() == 9
    assert page.get_by_text("EMA38 <b>crossed</b> EMA100").count() == 1  # as text, not markup
    assert page.locator("td", has_text="warming up").count() >= 1  # SMA 200 of 60 bars
    screen.errors = [e for e in screen.errors if "/data/" not in e]  # no PostgreSQL here


def test_the_grid_draws_a_chart_for_each_symbol(
    own_tape: Tape, own_dashboard: Dashboard, screen: Screen
) -> None:
    for name in ("GA", "GB", "GC"):
        own_tape.send(*(bar(k, symbol=name) for k in range(20)))
    screen.open(own_dashboard.url + "?page=grid&interval=5m")
    screen.wait("v.grid.join() === 'GA,GB,GC'")
    screen.page.locator(".small[data-symbol=GB]").click()
    screen.wait("v.page === 'chart' && v.symbol === 'GB'")


def test_every_page_opens_by_link_and_by_key_in_both_themes(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(*(bar(k, symbol="PAGES") for k in range(20)))
    screen.open(dashboard.url + "?symbol=PAGES&interval=5m&theme=light&palette=blind")
    screen.wait("v.drawn === 20")
    for number, name in enumerate(PAGES, 1):
        screen.page.keyboard.press(str(number))
        screen.wait(f"v.page === '{name}'")
        assert screen.page.locator(f"nav a[data-page={name}][aria-current=page]").count() == 1
    screen.page.go_back()
    screen.wait("v.page === 'performance'")
    screen.page.keyboard.press("t")
    screen.page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    screen.page.keyboard.press("?")
    assert screen.page.locator("#help").get_by_text("next symbol").is_visible()
    screen.errors = [e for e in screen.errors if "/data/" not in e]  # no PostgreSQL here


def test_a_page_says_what_to_do_before_there_is_data(
    own_dashboard: Dashboard, screen: Screen
) -> None:
    screen.open(own_dashboard.url + "?page=grid")
    screen.wait("v.badge === 'FEED IDLE'")
    for page in ("grid", "chart", "symbol", "alerts", "performance"):
        screen.page.locator(f"nav a[data-page={page}]").click()
        hint = screen.page.locator("main").get_by_text("tapedeck replay FILE")
        hint.locator("visible=true").wait_for()


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_screen(
    tape: Tape, dashboard: Dashboard, screen: Screen, width: int
) -> None:
    tape.send(*(bar(k, symbol="WIDE") for k in range(20)))
    screen.page.set_viewport_size({"width": width, "height": 780})
    screen.open(dashboard.url + "?symbol=WIDE&interval=5m")
    screen.wait("v.drawn === 20")
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert screen.page.locator("#price-pane").is_visible()
    assert screen.page.locator("#list").is_visible() == (width == 1440)


def test_a_symbol_chosen_on_a_phone_is_shown(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(*(bar(k, symbol=name) for k in range(20) for name in ("PHONE", "POCKET")))
    screen.page.set_viewport_size({"width": 390, "height": 780})
    screen.open(dashboard.url + "?symbol=PHONE&interval=5m")
    screen.wait("v.drawn === 20")
    screen.page.get_by_role("button", name="Watchlist").click()
    screen.page.get_by_label("Filter the watchlist").fill("POCKET")
    screen.page.locator("#rows .row:visible", has_text="POCKET").click()
    screen.wait("v.symbol === 'POCKET' && v.drawn === 20")
    assert not screen.page.locator("#list").is_visible()


def test_the_grid_does_not_need_the_watchlist_on_screen(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(*(bar(k, symbol="AAGRID") for k in range(20)))
    screen.open(dashboard.url + "?symbol=AAGRID&interval=5m&page=grid&list=0")
    screen.wait("v.grid.includes('AAGRID')")


def test_the_bars_on_screen_can_be_taken_away(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(*(bar(k, symbol="TAKEN") for k in range(20)))
    screen.open(dashboard.url + "?symbol=TAKEN&interval=5m")
    screen.wait("v.drawn === 20")
    with screen.page.expect_download() as csv:
        screen.page.get_by_role("button", name="CSV").click()
    lines = csv.value.path().read_text().splitlines()
    assert lines[0].startswith("symbol,interval,start_ms,end_ms,open,high,low,close")
    assert len(lines) == 21
    assert lines[1].startswith(f"TAKEN,5m,{DAY},{DAY + FIVE},100")
    with screen.page.expect_download() as png:
        screen.page.get_by_role("button", name="PNG").click()
    assert png.value.path().read_bytes().startswith(b"\x89PNG")


def test_panels_own_files_come_from_here(dashboard: Dashboard, screen: Screen) -> None:
    """A session made anew before the websocket came takes them from PANEL_CDN_ROOT."""
    answer = screen.page.request.get(
        dashboard.url + f"panelcdn/{panel.__version__}/dist/css/loading.css"
    )
    assert answer.ok
