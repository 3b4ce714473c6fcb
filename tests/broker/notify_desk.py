"""`functions.notify` in this process with a clock, a sink and a database of a test's own."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text

from functions.notify.app import create_app
from functions.notify.reading import PING
from streams.adapters.cloud_event import CloudEvent, binary_headers
from streams.adapters.database.tables import notifications
from streams.adapters.messages import encode
from streams.domain.signal import Side, Signal, signal_id
from tests.fakes import settings
from tests.scripted_sink import Sink

MINUTE = 60_000
NOON = 1_709_812_800.0  # 2024-03-07 12:00 UTC, a Thursday
DIGEST = '[notify.digest]\nevery = "10m"\nmax = 4\nexcept = ["critical"]\n'
QUIET = '[notify.quiet]\nhours = ["22:00-07:00"]\nexcept = ["critical"]\n'


@dataclass
class Desk:
    """The function in this process, as often as a test starts it; its clock, sink and database."""

    url: str
    home: Path
    sink: Sink
    engine: Engine
    clock: list[float] = field(default_factory=lambda: [NOON])
    client: FlaskClient = field(init=False)

    def start(self, config: str = "", channels: str = "webhook", **values: str) -> FlaskClient:
        """Another process would be; what it knows is in PostgreSQL."""
        path = self.home / "tapedeck.toml"
        path.write_text(config)
        app = create_app(
            settings(
                DATABASE_URL=self.url,
                TAPEDECK_HOME=self.home,
                TAPEDECK_CONFIG=path,
                TAPEDECK_NOTIFY_CHANNELS=channels,
                TAPEDECK_NOTIFY_WEBHOOK_URL=self.sink.url,
                **values,
            ),
            now=lambda: self.clock[0],
        )
        self.client = app.test_client()
        return self.client

    def post(self, number: int, symbol: str = "A", *, kind: str = "breakout", **more: str) -> int:
        """A signal; those of one symbol are further apart than the cooldown."""
        start = number * 10 * MINUTE
        signal = Signal(
            signal_id(symbol, "5m", start, kind), start + 5 * MINUTE, symbol, "5m", kind,
            Side.BUY, 1.5, 0.1, True, "crossed",
        )  # fmt: skip
        attributes = {
            "specversion": "1.0", "id": signal.id, "source": "/tapedeck/signals",
            "type": f"io.tapedeck.signal.{kind}", "kind": kind, **more,
        }  # fmt: skip
        return self.send(CloudEvent(attributes, encode(signal)))

    def ping(self, client: FlaskClient | None = None) -> int:
        attributes = {"specversion": "1.0", "id": "1", "source": "/ping", "type": PING}
        return self.send(CloudEvent(attributes, b'{"every": "5m"}'), client)

    def send(self, event: CloudEvent, client: FlaskClient | None = None) -> int:
        headers = binary_headers(event)
        return (client or self.client).post("/", headers=headers, data=event.data).status_code

    @property
    def told(self) -> list[list[str]]:
        """The ids of each message that the sink has got."""
        bodies = [json.loads(body) for _, body in self.sink.got]
        return [[each["id"] for each in body.get("notifications", [body])] for body in bodies]

    @property
    def rows(self) -> dict[str, str]:
        c = notifications.c
        query = select(c.signal_id, c.channel, c.status).order_by(c.time_ms, c.channel)
        with self.engine.connect() as connection:
            return {f"{row[0]} {row[1]}": row[2] for row in connection.execute(query)}

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))


def name_of(number: int, symbol: str = "A", kind: str = "breakout") -> str:
    return f"{symbol}/5m/{number * 10 * MINUTE}/{kind}"


def statuses(desk: Desk) -> list[str]:
    return list(desk.rows.values())
