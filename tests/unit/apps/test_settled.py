"""That a tape has settled is said once, and nothing hangs on whether somebody listens."""

import logging
import threading

import pytest

from streams.adapters.settled_event import TYPE
from streams.apps.settled import announce_settled
from tests.fakes import settings
from tests.scripted_sink import Sink, sinking


def announce(sink: str, stop: threading.Event | None = None, patience: float = 30.0) -> bool:
    chosen = settings(K_SINK=sink)
    return announce_settled(chosen, "run", {"symbols": 3}, stop or threading.Event(), patience)


def test_it_is_said_once_with_the_run_as_id() -> None:
    with sinking(Sink([503, 202])) as sink:
        assert announce(sink.url)
    assert sink.ids == ["run", "run"]
    headers, body = sink.got[-1]
    assert (headers["ce-type"], headers["ce-source"]) == (TYPE, "/tapedeck/replay")
    assert body == b'{"run": "run", "symbols": 3}'


def test_a_sink_that_refuses_it_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with sinking(Sink([415])) as sink, caplog.at_level(logging.WARNING):
        assert not announce(sink.url)
    assert "settled not announced" in caplog.text
    assert len(sink.got) == 1


def test_a_sink_that_is_away_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with sinking(Sink()) as sink:
        pass
    with caplog.at_level(logging.WARNING):
        assert not announce(sink.url, patience=0.01)
    assert "no answer" in caplog.text


def test_a_stop_ends_the_attempts() -> None:
    stop = threading.Event()
    with sinking(Sink()) as sink:
        stop.set()
        assert not announce(sink.url, stop)
    assert sink.got == []
