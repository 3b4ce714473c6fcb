"""`tapedeck feed` under load: 20,000 messages a second, one trade each.

The server is a process of its own that sends what Binance documents. It can send no faster than
the feed reads, but for what the sockets hold: the time it took is the feed's.
"""

import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.bench.services import kafka
from tests.bench.table import Row

GOAL = 20_000
SECONDS = 10
SYMBOLS = tuple(f"SYM{n:02}USDT" for n in range(20))
_STEP_S = 0.005


def measure(home: Path) -> Iterator[Row]:
    """Messages/s heard of those sent, and the CPU that each takes: what one core could hear."""
    with kafka(home) as address:
        env = {**os.environ, "TAPEDECK_HOME": str(home), "KAFKA_BOOTSTRAP_SERVERS": address}
        told = _run(env)
    heard, sent = told["ticks"], told["sent"]
    yield Row(
        f"{GOAL:,} messages/s (goal), one trade each, into Kafka",
        f"{heard / told['took']:,.0f} messages/s",
        f"{heard / sent:.3f} of {sent:,} heard, {told['missing']} missing",
    )
    yield Row(
        "the feed's CPU a message, its start included",
        f"{told['cpu'] / heard * 1e6:.1f} us",
        f"{heard / told['cpu'] / GOAL:.1f} times the goal on one core",
    )


def _run(env: dict[str, str]) -> dict[str, Any]:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    command = [sys.executable, "-m", "streams.cli", "feed", "binance", "--json"]
    where = ("--symbols", ",".join(SYMBOLS), "--url", f"ws://127.0.0.1:{port}")
    limit = ("--limit", str(GOAL * SECONDS), "--duration", f"{SECONDS * 6}s")
    before = _cpu()
    done = subprocess.run([*command, *where, *limit], env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    began, ended, sent = ours.recv()
    cpu = _cpu() - before
    server.terminate()
    server.join()
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"sent": sent, "took": ended - began, "cpu": cpu}


def _cpu() -> float:
    """Seconds that children that have ended have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _serve(pipe: Connection) -> None:
    async def main() -> None:
        async def talk(socket: ServerConnection) -> None:
            await socket.recv()
            began, sent = time.monotonic(), 0
            with suppress(ConnectionClosed):  # it has heard enough
                while sent < GOAL * SECONDS:
                    due = int((time.monotonic() - began) * GOAL)
                    for number in range(sent, min(due, GOAL * SECONDS)):
                        await socket.send(_frame(number))
                        sent = number + 1
                    await asyncio.sleep(_STEP_S)
            pipe.send((began, time.monotonic(), sent))

        async with serve(talk, "127.0.0.1", 0, compression=None) as server:
            pipe.send(next(iter(server.sockets)).getsockname()[1])
            await asyncio.sleep(3_600)

    asyncio.run(main())


def _frame(number: int) -> str:
    at = time.time_ns() // 1_000_000
    symbol, trade = SYMBOLS[number % len(SYMBOLS)], number // len(SYMBOLS) + 1
    return (
        f'{{"e":"trade","E":{at},"s":"{symbol}","t":{trade},"p":"16800.01000000",'
        f'"q":"0.00100000","b":88,"a":50,"T":{at},"m":true,"M":true}}'
    )
