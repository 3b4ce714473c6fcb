"""Posting events: retries, poison, and the end of the budget."""

import socket
import time
from collections.abc import Iterator

import pytest

from streams.adapters.ce_http import EventPoster, ce_overrides
from streams.adapters.cloud_event import CloudEvent
from streams.domain.errors import ConfigError, DeliveryError
from tests.scripted_sink import Sink, sinking

EVENT = CloudEvent(
    {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "symbol": "É 1"},
    b"{}",
    {"traceparent": "00-a"},
)


def test_an_accepted_event_is_posted_once_in_binary_mode() -> None:
    seen: list[str] = []
    with sinking(Sink()) as sink:
        poster = EventPoster(
            sink.url, overrides={"env": "dev"}, observe=lambda code, _: seen.append(code)
        )
        assert poster.post(EVENT).accepted
        poster.close()
    ((headers, body),) = sink.got
    assert (headers["ce-id"], headers["ce-symbol"], headers["ce-env"]) == ("1", "%C3%89%201", "dev")
    assert (headers["traceparent"], headers["content-type"]) == ("00-a", "application/json")
    assert body == b"{}"
    assert seen == ["202"]


@pytest.fixture(scope="module")
def posting() -> Iterator[tuple[EventPoster, Sink]]:
    """A sink, and a poster with time for one attempt; shared, for a client takes long to make."""
    with sinking(Sink()) as sink:
        poster = EventPoster(sink.url, budget=0)
        yield poster, sink
        poster.close()


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_poison_is_posted_once_and_not_accepted(
    posting: tuple[EventPoster, Sink], status: int
) -> None:
    poster, sink = posting
    sink.answer(status)
    assert poster.post(EVENT).status == status
    assert len(sink.got) == 1


@pytest.mark.parametrize("status", [301, 401, 404, 409, 429, 500, 503])
def test_everything_else_is_no_final_answer(posting: tuple[EventPoster, Sink], status: int) -> None:
    poster, sink = posting
    sink.answer(status)
    with pytest.raises(DeliveryError, match=f"the last attempt said {status}"):
        poster.post(EVENT)
    assert len(sink.got) == 1


def test_without_a_final_answer_an_event_is_posted_again() -> None:
    with sinking(Sink([500, 301, 202])) as sink:
        poster = EventPoster(sink.url)
        assert poster.post(EVENT).accepted
        poster.close()
    assert sink.ids == ["1"] * 3


def test_retry_after_is_honoured() -> None:
    with sinking(Sink([503, 202], {"Retry-After": "1"})) as sink:
        poster, begun = EventPoster(sink.url), time.monotonic()
        assert poster.post(EVENT).accepted
        poster.close()
    assert time.monotonic() - begun >= 1


def test_when_the_budget_is_spent_it_is_an_error_that_names_the_sink() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        poster = EventPoster(url, budget=0.15)
        with pytest.raises(DeliveryError, match=f"event 1: expected {url}"):
            poster.post(EVENT)
        poster.close()


def test_overrides_are_extensions() -> None:
    assert ce_overrides(None) == {}
    assert ce_overrides('{"extensions": {"env": "dev"}}') == {"env": "dev"}
    for text in ("nonsense", "[]", '{"extensions": {"a": 1}}'):
        with pytest.raises(ConfigError, match="K_CE_OVERRIDES"):
            ce_overrides(text)
