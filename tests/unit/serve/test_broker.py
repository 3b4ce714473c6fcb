"""The broker keeps what it accepted, in order where it should."""

import asyncio
from pathlib import Path

from streams.apps.serve.manifests import Delivery
from tests.unit.serve.subscriber import Answer, Subscriber, brokering, event, listening, to, until

RETRY = Delivery(retry=5, policy="linear", delay=0.02)


def test_an_undelivered_event_survives_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        down, up = Subscriber(Answer(503)), Subscriber()
        patient = Delivery(retry=100, policy="linear", delay=1.0)
        async with listening(down, up):
            async with brokering(tmp_path, [to(down, patient)]) as broker:
                await broker.accept(event("kept", symbol="É"))
                await until(lambda: len(down.got) == 1)
            async with brokering(tmp_path, [to(up)]) as broker:
                await until(lambda: broker.pending == 0)
            async with brokering(tmp_path, [to(up)]) as broker:
                assert broker.pending == 0
        assert up.ids == ["kept"]
        assert up.got[0].attributes["symbol"] == "%C3%89"
        assert up.got[0].data == b'{"a":1}'

    asyncio.run(scenario())


def test_a_duplicate_of_an_undelivered_event_is_not_sent_twice(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber(Answer(202, hang=0.1))
        async with listening(subscriber), brokering(tmp_path, [to(subscriber)]) as broker:
            await broker.accept(event("same"))
            await broker.accept(event("same"))
            await until(lambda: broker.pending == 0)
        assert subscriber.ids == ["same"]

    asyncio.run(scenario())


def test_a_dead_event_posted_again_gets_another_chance(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber(Answer(422), Answer(202))
        async with listening(subscriber), brokering(tmp_path, [to(subscriber)]) as broker:
            await broker.accept(event("e"))
            await until(lambda: broker.pending == 0)
            assert broker.status()["dead"] == 1
            await broker.accept(event("e"))
            await until(lambda: broker.pending == 0)
            assert broker.status()["dead"] == 0
            assert broker.status()["triggers"][0]["delivered"] == 1

    asyncio.run(scenario())


def test_ordered_events_of_one_key_wait_for_its_head_and_other_keys_do_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber(Answer(503, hang=0.1), Answer(503), Answer(202))
        async with (
            listening(subscriber),
            brokering(tmp_path, [to(subscriber, RETRY, ordered=True)]) as broker,
        ):
            await broker.accept(event("a1", partitionkey="A"))
            await until(lambda: len(subscriber.got) >= 1)
            for name, key in (("a2", "A"), ("b1", "B"), ("a3", "A")):
                await broker.accept(event(name, partitionkey=key))
            await until(lambda: broker.pending == 0)
        of_a = [name for name in subscriber.ids if name.startswith("a")]
        assert list(dict.fromkeys(of_a)) == ["a1", "a2", "a3"]
        assert of_a[-3:] == ["a1", "a2", "a3"]
        assert subscriber.ids.index("b1") < subscriber.ids.index("a2")

    asyncio.run(scenario())


def test_without_order_a_failing_event_holds_nobody_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber(Answer(503, hang=0.1), Answer(202))
        async with listening(subscriber), brokering(tmp_path, [to(subscriber, RETRY)]) as broker:
            await broker.accept(event("a1", partitionkey="A"))
            await until(lambda: len(subscriber.got) >= 1)
            await broker.accept(event("a2", partitionkey="A"))
            await until(lambda: broker.pending == 0)
        assert subscriber.ids == ["a1", "a2", "a1"]

    asyncio.run(scenario())


def test_many_events_keep_their_order_per_key(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber()
        async with (
            listening(subscriber),
            brokering(tmp_path, [to(subscriber, ordered=True)]) as broker,
        ):
            names = [f"{key}{number:03d}" for number in range(50) for key in "ABCD"]
            await asyncio.gather(*(broker.accept(event(n, partitionkey=n[0])) for n in names))
            await until(lambda: broker.pending == 0)
        for key in "ABCD":
            of_key = [name for name in subscriber.ids if name[0] == key]
            assert of_key == sorted(of_key)
            assert len(of_key) == 50

    asyncio.run(scenario())
