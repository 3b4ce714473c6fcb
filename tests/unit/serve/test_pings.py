"""PingSources: what they say, when they strike, and that the event is on the broker's disk."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.cloud_event import CloudEvent, check_attributes
from streams.apps.serve.ping_source import PingSource, read_ping_source
from streams.apps.serve.pings import TYPE, Clockwork, ping, ping_event
from streams.apps.serve.reading import read_manifests
from streams.domain.errors import ConfigError, ServiceError
from tests.unit.serve.subscriber import (
    DEADLINE,
    Answer,
    Subscriber,
    brokering,
    listening,
    to,
    until,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
EVERY_FIVE = PingSource("five", "*/5 * * * *")


def ping_source(**spec: Any) -> dict[str, Any]:
    sink = {"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "b"}}
    return {"metadata": {"name": "p"}, "spec": {"schedule": "* * * * *", "sink": sink, **spec}}


def struck(clockwork: Clockwork, *moments: float) -> list[float]:
    """The moments, in seconds after noon, at which it strikes."""
    return [moment for moment in moments if clockwork.strikes(NOON + moment)]


def test_the_shipped_one_pings_every_five_minutes() -> None:
    (source,) = read_manifests().pings
    assert (source.name, source.schedule) == ("every-five-minutes", "*/5 * * * *")
    assert source.after(NOON) == NOON + 300


def test_it_strikes_once_at_each_time() -> None:
    clockwork = Clockwork(EVERY_FIVE, NOON + 1)
    assert struck(clockwork, 1, 299.9, 300, 300.5, 301, 599, 600.2, 601) == [300, 600.2]


def test_a_start_on_the_very_minute_does_not_strike_for_it() -> None:
    assert struck(Clockwork(EVERY_FIVE, NOON), 0, 0.5, 299) == []


def test_a_jump_ahead_strikes_once() -> None:
    assert struck(Clockwork(EVERY_FIVE, NOON), 1, 3_610, 3_611, 3_900) == [3_610, 3_900]


def test_a_jump_back_never_strikes_twice_for_one_minute() -> None:
    clockwork = Clockwork(EVERY_FIVE, NOON)
    assert struck(clockwork, 300, 330, 200, 299, 300, 301, 599, 600) == [300, 600]


def test_a_clock_that_was_wrong_by_years_goes_on_at_the_right_time() -> None:
    years = 5 * 365 * 86_400.0
    clockwork = Clockwork(EVERY_FIVE, NOON + years)
    assert struck(clockwork, years + 300, 10, 299, 300) == [years + 300, 300]


@given(st.lists(st.integers(0, 2_000), max_size=60))
def test_no_time_of_the_schedule_ever_has_two(moments: list[int]) -> None:
    clockwork = Clockwork(PingSource("p", "* * * * *"), NOON)
    strikes = struck(clockwork, *map(float, moments))
    assert len(strikes) <= max(moments, default=0) // 60


def test_the_schedule_is_read_in_its_zone() -> None:
    source = read_ping_source(
        ping_source(schedule="30 9 * * MON-FRI", timezone="America/New_York"), "p.yaml"
    )
    opening = datetime.fromtimestamp(source.after(NOON), UTC)
    assert opening == datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    assert source.zone == ZoneInfo("America/New_York")


def test_data_and_extensions_are_sent_as_they_are() -> None:
    source = read_ping_source(
        ping_source(
            contentType="text/plain",
            dataBase64="aMOp",
            ceOverrides={"extensions": {"team": "desk"}},
        ),
        "p.yaml",
    )
    event = ping_event(source, NOON)
    check_attributes(event.attributes)
    assert event.source == "/apis/v1/namespaces/default/pingsources/p"
    assert event.attributes["type"] == TYPE
    assert (event.get("team"), event.get("datacontenttype")) == ("desk", "text/plain")
    assert event.data == "hé".encode()
    assert ping_event(source, NOON).id != event.id


def test_a_named_schedule_is_known() -> None:
    assert read_ping_source(ping_source(schedule="@hourly"), "p").after(NOON) == NOON + 3_600


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"schedule": "*/5 * * *"}, "expected five fields"),
        ({"schedule": "0 */5 * * * *"}, "expected five fields"),
        ({"schedule": "@every 5m"}, "expected five fields"),
        ({"schedule": "* * L * *"}, "expected five fields"),
        ({"schedule": 5}, "expected five fields"),
        ({"schedule": "61 * * * *"}, "Bad minute"),
        ({"schedule": "0 0 30 2 *"}, "schedule: expected cron"),
        ({"timezone": "Mars/Base"}, "timezone: expected"),
        ({"data": "{"}, "data: expected application/json, was broken"),
        ({"data": "1", "dataBase64": "MQ=="}, "were both"),
        ({"dataBase64": "?"}, "was broken"),
        ({"sink": {"uri": "http://x/"}}, "expected a ref to a Broker"),
        ({"ceOverrides": {"extensions": {"Bad-Name": "x"}}}, "ceOverrides: attribute: expected"),
        ({"ceOverrides": {"extensions": {"team": 5}}}, "ceOverrides"),
        ({"ceOverrides": {"extensions": {"id": "x"}}}, "expected other names, was \\['id'\\]"),
        ({"sinks": {}}, "was \\['sinks'\\]"),
    ],
)
def test_a_wrong_one_is_named(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_ping_source(ping_source(**spec), "sources/p.yaml")


class Clock:
    """Ten minutes a look: every look is a time of the schedule."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        self.now += 600
        return self.now


def test_an_event_is_on_disk_and_delivered(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber(Answer(202, hang=1))
        async with listening(subscriber), brokering(tmp_path, [to(subscriber)]) as broker:
            task = asyncio.create_task(ping(EVERY_FIVE, broker.accept, print, Clock()))
            await until(lambda: broker.pending > 0)
            with sqlite3.connect(tmp_path / "events.sqlite") as disk:
                (stored,) = disk.execute("SELECT count(*) FROM events").fetchone()
            assert stored >= 1
            await until(lambda: len(subscriber.got) >= 2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert len(set(subscriber.ids)) == len(subscriber.ids)
        assert subscriber.got[0].attributes["type"] == TYPE

    asyncio.run(scenario())


def test_an_event_that_the_disk_refuses_is_tried_again() -> None:
    async def scenario() -> None:
        said: list[str] = []
        tried: list[str] = []

        async def accept(event: CloudEvent) -> None:
            tried.append(event.id)
            if len(tried) == 1:
                raise ServiceError("disk full")

        task = asyncio.create_task(ping(EVERY_FIVE, accept, said.append, Clock()))
        async with asyncio.timeout(DEADLINE):
            while len(tried) < 2:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert tried[0] == tried[1]
        assert "disk full; next try" in said[0]

    asyncio.run(scenario())
