"""A dashboard under load: real `run bars` and `tapedeck panel`, 5,500 symbols, ticks from a thread.

Ticks of 20 symbols go through `run bars`, bars of 480 others straight to the dashboard, each four
times a second at uneven times; the rest of the 5,500 stand still.
"""

import random
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import psutil
from confluent_kafka import Producer

from streams.adapters.kafka import producer
from streams.adapters.messages import PRODUCED, encode, encode_ticks
from streams.adapters.topics import Topics, create_topics
from streams.domain.bar import Bar
from streams.domain.tick import TickBatch
from tests.e2e.demo_process import environment
from tests.waiting import wait_for

SYMBOLS, CHARTED, MOVING = 5_500, 20, 500
PACE = 0.25


@contextmanager
def dashboard(home: Path, address: str) -> Iterator[tuple[psutil.Process, str]]:
    """`run bars` and the dashboard; its process and address, once it knows every symbol."""
    create_topics(address, Topics(), 3)
    to = producer(address)
    for number in range(SYMBOLS):
        to.produce("bars", encode(bar_of(number, 0)), f"S{number:05d}")
        to.poll(0)
    assert to.flush(60) == 0
    env = environment(
        home,
        KAFKA_BOOTSTRAP_SERVERS=address,
        TAPEDECK_INTERVALS="1m",
        TAPEDECK_SIGNAL_INTERVALS="1m",
    )
    with ExitStack() as stack:
        for name, arguments in (("bars", ["run", "bars"]), ("panel", ["panel", "--port", "5790"])):
            log = stack.enter_context((home / f"{name}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", *arguments], env=env, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        wait_for(lambda: _metric("symbols") >= SYMBOLS, "all symbols", 120)
        yield psutil.Process(process.pid), "http://127.0.0.1:5790"


def _metric(name: str) -> float:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        text = opener.open("http://127.0.0.1:5790/metrics", timeout=5).read().decode()
    except OSError:
        return 0.0
    found = re.search(rf"^tapedeck_panel_{name} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0


@contextmanager
def feeding(address: str) -> Iterator[None]:
    """Ticks and bars all the while."""
    stop = Event()
    feeder = Thread(target=_feed, args=(address, stop))
    feeder.start()
    try:
        yield
    finally:
        stop.set()
        feeder.join()


def _feed(address: str, stop: Event) -> None:
    to = producer(address)
    order, shuffled = list(range(MOVING)), random.Random(1)
    lap, due = 0, time.monotonic()
    while not stop.is_set():
        lap += 1
        shuffled.shuffle(order)
        for place, number in enumerate(order):
            if place % 20 == 0:
                due += PACE * 20 / MOVING
                stop.wait(max(0.0, due - time.monotonic()))
            _move(to, number, lap)
        to.poll(0)
    to.flush(30)


def _move(to: Producer, number: int, lap: int) -> None:
    if number >= CHARTED:
        moved = bar_of(number, 1 + lap // 240)
        to.produce("bars", encode(moved), moved.symbol)
        return
    now = time.time_ns() // 1_000_000
    batch = TickBatch(f"T{number}", [now], [100 + (lap + number) % 40 / 10], [1.0])
    headers = [(PRODUCED, str(now).encode())]
    to.produce("ticks", encode_ticks(batch), batch.symbol, headers=headers)


def bar_of(number: int, minute: int) -> Bar:
    start, close = minute * 60_000, 100 + (number * 7 + minute * 3) % 50 / 10
    return Bar(
        f"S{number:05d}", "1m", start, start + 60_000, close, close + 1, close - 1, close,
        5.0, close, 3, start,
    )  # fmt: skip
