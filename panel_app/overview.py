"""The state of the whole pipeline, for the system page: looked up while somebody looks."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from panel_app.database import Database
from panel_app.feed import Feed
from panel_app.market import Market
from panel_app.meters import Latencies
from streams.adapters.kafka_overview import group_lags, topic_ends
from streams.adapters.topics import Topic, Topics
from streams.domain.errors import ServiceError

logger = logging.getLogger(__name__)

_EVERY_S = 3.0
_WATCHED_S = 15.0
_WINDOW = 5


@dataclass(frozen=True, slots=True)
class Plant:
    """Where the parts of the pipeline are."""

    kafka: str
    topics: Topics
    broker_url: str


class Overview:
    """Asks Kafka and the local broker every 3 s, in a thread, while `look` is being called."""

    def __init__(
        self,
        plant: Plant,
        market: Market,
        feed: Feed,
        database: Database,
        sent: Latencies,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plant = plant
        self._market = market
        self._feed = feed
        self._database = database
        self._sent = sent
        self._clock = clock
        self._looked = float("-inf")
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._found: dict[str, Any] | None = None
        self._ends: deque[tuple[float, dict[str, int]]] = deque(maxlen=_WINDOW)
        self._thread = threading.Thread(target=self._run, name="overview", daemon=True)
        self.people: Callable[[], dict[str, int]] = dict

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(0.5)

    def look(self) -> dict[str, Any] | None:
        """What was found last; None until the first answer, some moments after the first look."""
        self._looked = self._clock()
        self._wanted.set()
        return self._found

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wanted.wait()
            if self._stop.is_set():
                return
            if self._clock() - self._looked > _WATCHED_S:
                self._wanted.clear()
                self._ends.clear()
                self._found = None
                continue
            self._found = self._measure()
            self._stop.wait(_EVERY_S)

    def _measure(self) -> dict[str, Any]:
        market, database = self._market, self._database
        status = self._feed.status(market.store.open)
        return {
            **self._kafka(),
            "ticks_per_second": market.rates.per_second("ticks"),
            "latency_ms": {
                name: _percentiles(of)
                for name, of in (*market.latencies.items(), ("session", self._sent))
            },
            "functions": self._functions(),
            "feed": {"state": status.state, "age": status.age, "open": market.store.open,
                     "tick": market.store.last_tick},
            "postgresql": {"up": database.up, "why": None if database.up else database.why},
            "taken": time.time_ns() // 1_000_000,
            **self.people(),
        }  # fmt: skip

    def _kafka(self) -> dict[str, Any]:
        topics = self._plant.topics
        nothing: dict[str, Any] = {"stages": [], "groups": [], "dead_letters": None}
        try:
            found = topic_ends(self._plant.kafka, topics.prefix)
            lags = group_lags(self._plant.kafka, topics.group(""))
        except ServiceError as error:
            return nothing | {"kafka": str(error)}
        names = {topics.name(topic): topic.value for topic in Topic}
        ends = {names[end.name]: end.messages for end in found if end.name in names}
        self._ends.append((self._clock(), ends))
        return {
            "kafka": None,
            "stages": [
                {"name": topic.value, "messages": ends[topic], "per_second": self._rate(topic)}
                for topic in Topic
                if topic in ends
            ],
            "groups": [asdict(lag) for lag in lags],
            "dead_letters": ends.get(Topic.DEAD_LETTERS),
        }

    def _rate(self, topic: str) -> float | None:
        (began, first), (ended, last) = self._ends[0], self._ends[-1]
        if ended <= began or topic not in first:
            return None
        return round(max(0, last[topic] - first[topic]) / (ended - began), 2)

    def _functions(self) -> dict[str, Any]:
        try:
            with build_opener(ProxyHandler({})).open(self._plant.broker_url, timeout=2) as answer:
                state = json.load(answer)
            services = [
                {
                    "name": each["name"], "state": each["state"],
                    "instances": len(each["instances"]), "requests": each["requests"],
                }
                for each in state["services"]
            ]  # fmt: skip
        except (URLError, OSError, ValueError, KeyError, TypeError) as error:
            logger.debug("no broker url=%s error=%s", self._plant.broker_url, error)
            return {"available": False, "pending": None, "dead": None, "services": []}
        counts = {name: state.get(name) for name in ("pending", "dead")}
        return {"available": True, **counts, "services": services}


def _percentiles(latencies: Latencies) -> dict[str, float] | None:
    found = latencies.percentiles(0.5, 0.99)
    return None if found is None else {"p50": round(found[0], 1), "p99": round(found[1], 1)}
