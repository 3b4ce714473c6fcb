"""Routes, quiet hours and templates, by their values."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.domain.message_template import Missing, Moment, Value, parse_template
from streams.domain.notify_rules import ChannelRules, Digesting, Finding, Route, channels_for
from streams.domain.quiet_hours import QuietHours, parse_span

ALL = ("console", "slack")
SIGNAL = Finding("ACME", "breakout", "buy", "5m", 0.5)


def _anomaly(severity: str | None) -> Finding:
    return Finding("ACME", "anomaly.spike", "neutral", "1m", 3.0, severity, anomaly=True)


@pytest.mark.parametrize(
    ("severity", "told"),
    [("critical", ALL), ("high", ALL), ("medium", ()), ("low", ()), (None, ()), ("odd", ())],
)
def test_only_loud_anomalies_are_told_without_a_route(
    severity: str | None, told: tuple[str, ...]
) -> None:
    assert channels_for(_anomaly(severity), (), ALL) == told


def test_a_route_may_ask_for_quieter_ones() -> None:
    routes = [Route(("slack",), severities=frozenset({"medium"}))]
    assert channels_for(_anomaly("medium"), routes, ALL) == ("slack",)
    assert channels_for(_anomaly("low"), routes, ALL) == ()
    assert channels_for(_anomaly("high"), routes, ALL) == ALL


def test_a_signal_needs_no_severity() -> None:
    assert channels_for(SIGNAL, (), ALL) == ALL


@pytest.mark.parametrize(
    ("route", "matches"),
    [
        (Route(()), True),
        (Route((), symbols=("AC*", "X")), True),
        (Route((), symbols=("ac*",)), False),
        (Route((), symbols=("[AB]CM?",)), True),
        (Route((), kinds=("break*",)), True),
        (Route((), kinds=("news",)), False),
        (Route((), sides=frozenset({"sell"})), False),
        (Route((), intervals=frozenset({"5m"})), True),
        (Route((), intervals=frozenset({"1m"})), False),
        (Route((), severities=frozenset({"high"})), False),
        (Route((), min_strength=0.5), True),
        (Route((), min_strength=0.6), False),
        (Route((), symbols=("ACME",), sides=frozenset({"sell"})), False),
    ],
)
def test_a_route_matches_when_all_its_conditions_do(route: Route, matches: bool) -> None:
    assert route.matches(SIGNAL) == matches


def test_the_first_route_that_matches_decides_unless_it_goes_on() -> None:
    first, second = Route(("console",)), Route(("slack", "console"))
    assert channels_for(SIGNAL, [first, second], ALL) == ("console",)
    on = Route(("console",), goes_on=True)
    assert channels_for(SIGNAL, [on, second], ALL) == ("console", "slack")
    assert channels_for(SIGNAL, [on], ALL) == ("console",)
    assert channels_for(SIGNAL, [Route(()), second], ALL) == ()


AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = ("mon-fri 22:00-07:00", "sat-sun 00:00-24:00")


def _quiet(*spans: str) -> QuietHours:
    return QuietHours(tuple(map(parse_span, spans)), AMSTERDAM, frozenset({"critical"}))


@pytest.mark.parametrize(
    ("spans", "now", "end"),
    [
        #   2024-03-08 is a Friday; the clock goes forward on 31 March, back on 27 October
        (NIGHT, "2024-03-07T21:59", None),
        (NIGHT, "2024-03-07T22:00", "2024-03-08T07:00"),
        (NIGHT, "2024-03-08T06:59", "2024-03-08T07:00"),
        (NIGHT, "2024-03-08T07:00", None),
        (NIGHT, "2024-03-08T22:00", "2024-03-11T00:00"),
        (NIGHT, "2024-03-11T00:00", None),
        (("12:30-13:00",), "2024-03-08T12:45", "2024-03-08T13:00"),
        (("fri-mon 10:00-11:00",), "2024-03-10T10:00", "2024-03-10T11:00"),
        (("fri-mon 10:00-11:00",), "2024-03-12T10:00", None),
        (("tue,thu 10:00-11:00",), "2024-03-07T10:30", "2024-03-07T11:00"),
        (("22:00-00:00", "00:00-07:00"), "2024-03-08T23:00", "2024-03-09T07:00"),
        (("01:00-04:00",), "2024-03-31T01:30", "2024-03-31T04:00"),
        (("01:00-04:00",), "2024-10-27T01:30", "2024-10-27T04:00"),
        (("sun 22:00-06:00",), "2024-12-31T23:30", None),
    ],
)
def test_quiet_hours_are_local_and_wrap_midnight(
    spans: tuple[str, ...], now: str, end: str | None
) -> None:
    assert _quiet(*spans).until(_ms(now)) == (None if end is None else _ms(end))


def _ms(local: str) -> int:
    return round(datetime.fromisoformat(local).replace(tzinfo=AMSTERDAM).timestamp() * 1_000)


def test_what_waits_and_until_when() -> None:
    rules = ChannelRules(digest=Digesting(60_000, 5, frozenset({"high"})), quiet=_quiet(*NIGHT))
    night, day = _ms("2024-03-07T23:00"), _ms("2024-03-07T12:00")
    assert rules.hold(None, night) == ("quiet", _ms("2024-03-08T07:00"))
    assert rules.hold("critical", night) == ("digest", night + 60_000)
    assert rules.hold("low", day) == ("digest", day + 60_000)
    assert rules.hold("high", day) is None
    assert ChannelRules().hold(None, night) is None


FIELDS: dict[str, Value] = {"symbol": "A", "price": 1.5, "n": 3, "time": Moment(2021, 1, 1)}


def test_a_template_shows_fields_in_their_formats() -> None:
    template = parse_template("{symbol:>5}|{price:,.2f}|{n:03d}|{time:%H:%M}|{time}|{{}}", FIELDS)
    moment = Moment(2021, 11, 8, 9, 5, tzinfo=UTC)
    shown = template.render({"symbol": "{n}", "price": 12345.678, "n": 7, "time": moment})
    assert shown == "  {n}|12,345.68|007|09:05|2021-11-08 09:05:00 UTC|{}"


def test_a_missing_value_is_empty_under_any_format() -> None:
    assert parse_template("<{price:.2f}>", FIELDS).render({"price": Missing()}) == "<>"


@pytest.mark.parametrize(
    "text",
    [
        "{symbol.upper}", "{symbol[0]}", "{}", "{0}", "{symbol!r}", "{other}", "{price:{n}}",
        "{symbol:.2f}", "{price:>999999999}", "{", "}", "{symbol:", "{symbol.__class__.__mro__}",
    ],
)  # fmt: skip
def test_a_template_reaches_nothing_but_its_fields(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|format"):
        parse_template(text, FIELDS)
