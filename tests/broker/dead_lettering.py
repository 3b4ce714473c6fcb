"""`functions.dead_letter` in this process with its table, and what is posted to it."""

import base64
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from streams.adapters.database.undelivered import Chosen, find_undelivered, replayable
from streams.adapters.resend import Resender, Sent

NOW = 1_700_000_000.0


@dataclass
class Letters:
    """The function in this process, and its table."""

    client: FlaskClient
    engine: Engine
    url: str
    now: list[float] = field(default_factory=lambda: [NOW])

    def post(self, event_id: str, to: str = "http://x/", data: bytes = b"{}", **more: str) -> int:
        headers = {
            "ce-specversion": "1.0", "ce-id": event_id, "ce-source": "/s", "ce-type": "t",
            "ce-knativeerrordest": to, "ce-knativeerrorcode": "503", "ce-partitionkey": "ACME",
            "ce-knativeerrordata": base64.b64encode(b"down").decode(),
            "content-type": "application/json", **more,
        }  # fmt: skip
        self.now[0] += 1
        return self.client.post("/", headers=headers, data=data).status_code

    @property
    def ids(self) -> list[str]:
        with self.engine.connect() as connection:
            return replayable(connection, Chosen())

    def row(self, letter_id: str) -> dict[str, Any]:
        with self.engine.connect() as connection:
            found = find_undelivered(connection, letter_id)
        assert found is not None
        return found

    def rows(self) -> list[tuple[str, int, str, int]]:
        query = "SELECT event_id, arrivals, status, attempts FROM undelivered ORDER BY first_ms"
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def send(self, where: Any = lambda destination: destination) -> list[Sent]:
        return list(Resender(self.engine, where, 0.3, lambda: NOW + 99).send(self.ids))
