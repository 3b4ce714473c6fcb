"""Two copies of `functions.ingest` behind haproxy: one rate limit, one set of topics, no state."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event

import httpx
import pytest

from streams.adapters.messages import decode_ticks
from streams.adapters.offsets import TopicReader
from streams.adapters.services.ports import free_port
from streams.adapters.topics import Topic, Topics
from tests.gunicorns import Gunicorn, gunicorn
from tests.waiting import wait_for

HAPROXY = shutil.which("haproxy")
APPLICATION = "functions.ingest:create_app()"
CONFIG = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    retries 3
    retry-on conn-failure empty-response response-timeout
    option redispatch 1
    option forwardfor
frontend front
    bind 127.0.0.1:{port}
    default_backend copies
backend copies
    balance roundrobin
    server one 127.0.0.1:{one} check inter 200ms fall 1 rise 1
    server two 127.0.0.1:{two} check inter 200ms fall 1 rise 1
"""

pytestmark = pytest.mark.skipif(HAPROXY is None, reason="needs haproxy")


@contextmanager
def balanced(copies: tuple[Gunicorn, Gunicorn], folder: Path) -> Iterator[httpx.Client]:
    """A client of haproxy before the copies."""
    port = free_port(frozenset(copy.port for copy in copies))
    config = folder / "haproxy.cfg"
    config.write_text(CONFIG.format(port=port, one=copies[0].port, two=copies[1].port))
    process = subprocess.Popen([str(HAPROXY), "-q", "-db", "-f", str(config)])
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            for url in (copies[0].url, copies[1].url, str(client.base_url)):
                wait_for(partial(_ready, client, url), f"{url} to be ready", 60)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _ready(client: httpx.Client, url: str) -> bool:
    with suppress(httpx.TransportError):
        return client.get(f"{url.rstrip('/')}/readyz").status_code == 200
    return False


def taken_by(copy: Gunicorn) -> int:
    """Items that a copy has stored."""
    lines = httpx.get(f"{copy.url}/metrics").text.splitlines()
    named = [line for line in lines if line.startswith("tapedeck_ingest_items_total")]
    return int(sum(float(line.split()[1]) for line in named))


def stored(kafka: str, topics: Topics) -> list[int]:
    """The times of the ticks in the topic."""
    reader, name = TopicReader(kafka), topics.name(Topic.TICKS)
    ends = reader.ends(name)
    times = [
        ts
        for message in reader.read(name, dict.fromkeys(ends, 0), ends)
        for ts in decode_ticks(message.value()).ts
    ]
    reader.close()
    return times


def test_two_copies_take_everything_share_the_limit_and_outlive_one_another(
    kafka: str, redis_url: str, topics: Topics, tmp_path: Path
) -> None:
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "REDIS_URL": redis_url,
        "TAPEDECK_TOPIC_PREFIX": topics.prefix,
        "TAPEDECK_HOME": str(tmp_path),
        "TAPEDECK_TRUSTED_PROXIES": "1",
        "TAPEDECK_INGEST_RATE": "50/hour",
    }
    with (
        gunicorn(APPLICATION, 8, settings) as one,
        gunicorn(APPLICATION, 8, settings) as two,
        balanced((one, two), tmp_path) as client,
        httpx.Client(timeout=60) as past_it,
        ThreadPoolExecutor(8) as pool,
    ):

        def post(n: int) -> int:
            """haproxy adds the address that it sees: only that one is believed."""
            headers = {"X-Forwarded-For": f"10.1.2.{n}"}
            tick = {"symbol": f"S{n % 7}", "ts": n, "price": 1}
            return client.post("/ingest", json=tick, headers=headers).status_code

        def post_as_proxy(n: int) -> int:
            """Each from another client, straight to a copy."""
            headers = {"X-Forwarded-For": f"10.1.2.{n}"}
            url = (one if n % 2 else two).url
            tick = {"symbol": f"S{n % 7}", "ts": n, "price": 1}
            return past_it.post(f"{url}/ingest", json=tick, headers=headers).status_code

        answers = list(pool.map(post, range(60)))
        assert sorted(answers) == [200] * 50 + [429] * 10
        assert min(taken_by(one), taken_by(two)) > 0
        assert taken_by(one) + taken_by(two) == 50
        assert set(pool.map(post_as_proxy, range(100, 130))) == {200}
    times = stored(kafka, topics)
    assert len(times) == len(set(times)) == 80


def test_a_copy_that_is_killed_costs_nothing_that_was_answered(
    kafka: str, topics: Topics, tmp_path: Path
) -> None:
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "TAPEDECK_TOPIC_PREFIX": topics.prefix,
        "TAPEDECK_HOME": str(tmp_path),
    }
    halfway, stop = Event(), Event()
    taken: list[int] = []
    others: list[int] = []
    with (
        gunicorn(APPLICATION, 8, settings) as one,
        gunicorn(APPLICATION, 8, settings) as two,
        balanced((one, two), tmp_path) as client,
        ThreadPoolExecutor(4) as pool,
    ):

        def post(first: int) -> None:
            n = first
            while not stop.is_set():
                tick = {"symbol": "A", "ts": n, "price": 1}
                try:
                    answered = client.post("/ingest", json=tick).status_code == 200
                except httpx.TransportError:
                    answered = False
                (taken if answered else others).append(n)
                n += 4
                if len(taken) > 100:
                    halfway.set()

        posting = [pool.submit(post, first) for first in range(4)]
        try:
            assert halfway.wait(60)
            worker = one.worker()
            one.process.kill()
            os.kill(worker, signal.SIGKILL)
            before = len(taken)
            wait_for(lambda: len(taken) > before + 100, "the other copy to answer", 60)
            assert len(others) <= 4  # no more than was under way in the killed one
            two.process.terminate()  # drains: what it has begun is answered
            two.process.wait(60)
        finally:
            stop.set()
        for each in posting:
            each.result(60)
    assert set(taken) <= set(stored(kafka, topics))
    assert len(taken) == len(set(taken)) > 200
