"""The broker against a real subscriber: attempts and outcome as measured on the real dispatcher."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from streams.apps.serve.manifests import Delivery, Destination
from tests.unit.serve.subscriber import Answer, Subscriber, brokering, event, listening, to, until

THREE = Delivery(retry=3, policy="linear", delay=0.01, timeout=5)
CE = {
    "ce-specversion": "1.0",
    "ce-id": "r1",
    "ce-source": "/fn",
    "ce-type": "reply",
    "content-type": "application/json",
}
NO_SOURCE = {name: value for name, value in CE.items() if name != "ce-source"}
JSON = {"content-type": "application/json"}
STRUCTURED = {"content-type": "application/cloudevents+json"}
STRUCTURED_BODY = json.dumps({"specversion": "1.0", "id": "r", "source": "/fn", "type": "reply"})
DELIVERED, DEAD = (1, 0), (0, 1)


@pytest.mark.parametrize(
    ("answers", "attempts", "outcome"),
    [
        ([Answer(202)], 1, DELIVERED),
        ([Answer(200)], 1, DELIVERED),
        ([Answer(200, '{"status":"ok"}', JSON)], 4, DEAD),
        ([Answer(202, '{"status":"ok"}', JSON)], 4, DEAD),
        ([Answer(200, "{}", NO_SOURCE)], 1, DELIVERED),
        ([Answer(400)], 1, DEAD),
        ([Answer(401)], 1, DEAD),
        ([Answer(413)], 1, DEAD),
        ([Answer(415)], 1, DEAD),
        ([Answer(422)], 1, DEAD),
        ([Answer(302, headers={"location": "/x"})], 1, DEAD),
        ([Answer(404)], 4, DEAD),
        ([Answer(500)], 4, DEAD),
        ([Answer(503)], 4, DEAD),
        ([Answer(drop=True)], 4, DEAD),
        ([Answer(409), Answer(202)], 2, DELIVERED),
        ([Answer(429), Answer(202)], 2, DELIVERED),
        ([Answer(408), Answer(202)], 2, DELIVERED),
    ],
)
def test_an_answer_has_its_measured_outcome(
    tmp_path: Path, answers: list[Answer], attempts: int, outcome: tuple[int, int]
) -> None:
    async def scenario() -> None:
        subscriber = Subscriber(*answers)
        async with listening(subscriber), brokering(tmp_path, [to(subscriber, THREE)]) as broker:
            await broker.accept(event())
            await until(lambda: broker.pending == 0)
            (counts,) = broker.status()["triggers"]
            assert counts["attempts"] == len(subscriber.got) == attempts
            assert (counts["delivered"], counts["dead"]) == outcome

    asyncio.run(scenario())


def test_no_answer_in_time_is_tried_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber(Answer(hang=5))
        once = Delivery(retry=1, policy="linear", delay=0.01, timeout=0.2)
        async with listening(subscriber), brokering(tmp_path, [to(subscriber, once)]) as broker:
            await broker.accept(event())
            await until(lambda: broker.pending == 0)
            (counts,) = broker.status()["triggers"]
            assert (counts["attempts"], counts["dead"]) == (2, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", [Answer(200, "{}", CE), Answer(202, "{}", CE)])
def test_a_binary_reply_goes_back_to_the_broker(tmp_path: Path, answer: Answer) -> None:
    asyncio.run(_reply(tmp_path, answer))


def test_a_structured_reply_goes_back_to_the_broker(tmp_path: Path) -> None:
    asyncio.run(_reply(tmp_path, Answer(200, STRUCTURED_BODY, STRUCTURED)))


async def _reply(folder: Path, answer: Answer) -> None:
    subscriber = Subscriber(answer, Answer(202))
    async with listening(subscriber), brokering(folder, [to(subscriber, THREE)]) as broker:
        await broker.accept(event("first"))
        await until(lambda: len(subscriber.got) == 2 and broker.pending == 0)
        assert subscriber.got[1].attributes["type"] == "reply"
        assert subscriber.got[1].attributes["knativebrokerttl"] == "254"


def test_a_loop_of_replies_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        loop = [Answer(200, "{}", {**CE, "ce-id": f"again{n}"}) for n in range(9)]
        subscriber = Subscriber(*loop)
        async with listening(subscriber), brokering(tmp_path, [to(subscriber)], said) as broker:
            await broker.accept(event("first", knativebrokerttl="5"))
            await until(lambda: broker.pending == 0)
            assert len(subscriber.got) == 5
            assert "used up" in said[-1]

    asyncio.run(scenario())


def test_a_filter_that_misses_sends_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber = Subscriber()
        async with listening(subscriber):
            miss = to(subscriber).__class__("t", lambda event: False, Destination(uri="http://x/"))
            async with brokering(tmp_path, [miss]) as broker:
                await broker.accept(event())
                assert broker.pending == 0
        assert subscriber.got == []

    asyncio.run(scenario())


def test_the_dead_letter_sink_gets_the_event_and_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber, letters = Subscriber(Answer(422, "no price")), Subscriber()
        async with listening(subscriber, letters):
            delivery = Delivery(retry=1, dead_letter=Destination(uri=letters.url))
            async with brokering(tmp_path, [to(subscriber, delivery)]) as broker:
                await broker.accept(event("poison"))
                await until(lambda: broker.pending == 0)
                assert broker.status()["dead"] == 0
                assert broker.status()["triggers"][0]["dead_lettered"] == 1
        (letter,) = letters.got
        assert letter.attributes["id"] == "poison"
        assert letter.attributes["knativeerrorcode"] == "422"
        assert letter.attributes["knativeerrordest"] == subscriber.url
        wrapped = json.loads(base64.b64decode(letter.attributes["knativeerrordata"]))
        assert base64.b64decode(wrapped["errresponsebody"]) == b"no price"

    asyncio.run(scenario())


def test_an_event_that_even_the_dead_letter_sink_refuses_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        subscriber, letters = Subscriber(Answer(422)), Subscriber(Answer(500))
        async with listening(subscriber, letters):
            delivery = Delivery(retry=1, dead_letter=Destination(uri=letters.url))
            async with brokering(tmp_path, [to(subscriber, delivery)]) as broker:
                await broker.accept(event())
                await until(lambda: broker.pending == 0)
                assert broker.status()["dead"] == 1

    asyncio.run(scenario())
