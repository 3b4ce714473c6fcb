"""The ingest function in this process, over a list in the place of Kafka."""

import json
from collections.abc import Sequence

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from functions.ingest.app import application
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.domain.errors import ServiceError
from tests.fakes import settings

JSON = {"Content-Type": "application/json"}
TICK = {"symbol": "A", "ts": 1_000, "price": 1.5, "size": 3}
TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


class Ingest:
    """The function in this process, and what it has sent."""

    def __init__(self, **values: object) -> None:
        self.sent: list[Record] = []
        self.down = False
        app = application(settings(**values), self._send, self._check)
        self.client: FlaskClient = app.test_client()

    def _send(self, records: Sequence[Record]) -> None:
        self._check()
        self.sent += records

    def _check(self) -> None:
        if self.down:
            raise ServiceError("Kafka: expected an answer, was none")

    def post(self, value: object, **headers: str) -> TestResponse:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.post("/ingest", data=raw, headers=JSON | named)

    def of(self, topic: Topic) -> list[Record]:
        return [record for record in self.sent if record.topic == topic]
