"""Events to several Triggers at once, and waits that a subscriber asks for."""

import asyncio
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from streams.apps.serve.activator import Activator
from streams.apps.serve.broker import Broker
from streams.apps.serve.client import http_session
from streams.apps.serve.filters import trigger_filter
from streams.apps.serve.manifests import Delivery, Destination, Service, Trigger
from streams.apps.serve.replies import Answer as Said
from streams.apps.serve.replies import retry_after
from tests.unit.serve.subscriber import Answer, Subscriber, brokering, event, listening, to, until


def test_an_event_goes_to_every_trigger_that_wants_it_and_each_fails_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        every, sells, down = Subscriber(), Subscriber(), Subscriber(Answer(500))
        async with listening(every, sells, down):
            wanted = trigger_filter({"filters": [{"exact": {"side": "sell"}}]}, "t")
            triggers = [
                replace(to(every), name="every"),
                replace(to(sells), name="sells", matches=wanted),
                replace(to(down), name="down"),
            ]
            async with brokering(tmp_path, triggers) as broker:
                await broker.accept(event("1", side="sell"))
                await broker.accept(event("2", side="buy"))
                await until(lambda: broker.pending == 0)
                status = {each["name"]: each for each in broker.status()["triggers"]}
        assert sorted(every.ids) == ["1", "2"]
        assert sells.ids == ["1"]
        assert (status["every"]["delivered"], status["sells"]["delivered"]) == (2, 1)
        assert (status["down"]["delivered"], status["down"]["dead"]) == (0, 2)

    asyncio.run(scenario())


def test_a_function_that_fails_is_named_in_the_dead_letter_as_on_a_cluster(tmp_path: Path) -> None:
    async def scenario() -> None:
        letters = Subscriber()
        async with listening(letters), http_session() as session:
            gone = Activator(Service("notify", ("app",), timeout=0.05), tmp_path, lambda _: None)
            await gone.close()  # it starts nothing: every attempt runs out of time
            delivery = Delivery(dead_letter=Destination(uri=letters.url))
            trigger = Trigger("t", lambda event: True, Destination("notify"), delivery)
            store = tmp_path / "events.sqlite"
            broker = Broker([trigger], {"notify": gone}, store, session, lambda _: None)
            await broker.accept(event("1"))
            await until(lambda: broker.pending == 0)
            await broker.close()
        (letter,) = letters.got
        assert letter.attributes["knativeerrordest"] == "http://notify.localhost/"
        assert letter.attributes["knativeerrorcode"] == "504"

    asyncio.run(scenario())


def test_retry_after_is_obeyed_up_to_the_most_where_the_trigger_says_so(tmp_path: Path) -> None:
    patient = Delivery(retry=1, policy="linear", delay=0.01, retry_after_max=0.4)
    assert _seconds_between(tmp_path / "obeyed", patient) >= 0.4


def test_retry_after_is_ignored_where_the_feature_is_off(tmp_path: Path) -> None:
    assert _seconds_between(tmp_path / "off", Delivery(retry=1, policy="linear", delay=0.01)) < 15


def _seconds_between(folder: Path, delivery: Delivery) -> float:
    """Of taking the event, whose first attempt is answered 503 with Retry-After, and its end."""
    began: list[float] = []

    async def scenario() -> None:
        subscriber = Subscriber(Answer(503, headers={"retry-after": "20"}), Answer(202))
        async with listening(subscriber), brokering(folder, [to(subscriber, delivery)]) as broker:
            began.append(time.monotonic())
            await broker.accept(event())
            await until(lambda: broker.pending == 0)
            assert len(subscriber.got) == 2
            began.append(time.monotonic())

    asyncio.run(scenario())
    return began[1] - began[0]


@pytest.mark.parametrize(
    ("status", "text", "least", "most"),
    [
        (503, "7", 7, 7),
        (429, " 0 ", 0, 0),
        (503, formatdate(time.time() + 7_200, usegmt=True), 3_600, 7_201),
        (503, formatdate(0, usegmt=True), 0, 0),
    ],
    ids=["seconds", "none", "in two hours", "long ago"],  # no clock in a name: workers compare them
)
def test_retry_after_is_seconds_or_a_date(status: int, text: str, least: int, most: int) -> None:
    asked = retry_after(Said(status, {"Retry-After": text}))
    assert asked is not None
    assert least <= asked <= most


@pytest.mark.parametrize(("status", "text"), [(503, ""), (503, "soon"), (503, "-1"), (500, "7")])
def test_what_is_no_retry_after_is_left(status: int, text: str) -> None:
    assert retry_after(Said(status, {"Retry-After": text})) is None


def test_the_longer_of_back_off_and_retry_after_counts() -> None:
    delivery = Delivery(3, "linear", 2.0, retry_after_max=10.0)
    assert [delivery.wait(1, asked) for asked in (None, 1.0, 5.0, 60.0)] == [2.0, 2.0, 5.0, 10.0]
