"""What the page about the REST API shows is what the REST API does."""

import json
import re
import shlex
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from tests.broker.query.store import MINUTE, bar, fill_bars

_PAGE = (Path(__file__).parents[3] / "infra" / "docs" / "api.md").read_text()


def _fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _PAGE, re.M | re.S)


def test_the_commands_of_the_page_work(client: FlaskClient, url: str) -> None:
    fill_bars(url, [bar("CORVA", n * MINUTE) for n in range(3)])
    commands = [shlex.split(line) for block in _fenced("sh") for line in block.splitlines()]
    assert len(commands) >= 7
    for command in commands:
        assert command[0] == "curl"
        address = urlsplit(command[-1])
        assert address.netloc == "127.0.0.1:8000"
        form = "text/csv" if "Accept: text/csv" in command else "application/json"
        path = f"{address.path}?{address.query}"
        answer = client.get(path, headers={"Accept": form})
        assert (answer.status_code, answer.mimetype) == (200, form), command


def test_the_pages_program_reads_all_pages(
    client: FlaskClient, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_bars(url, [bar("CORVA", n * MINUTE) for n in range(7)])
    (program,) = _fenced("python")
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        here = program.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        exec(here.replace("limit=500", "limit=3"), {})
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert capsys.readouterr().out == "7 bars\n"


def test_the_page_names_every_endpoint_and_shows_a_real_problem(client: FlaskClient) -> None:
    described = client.get("/openapi.json").json
    assert described is not None
    table = _PAGE.partition("| `GET /api/v1` |")[2].partition("\n\n")[0]
    named = {f"/api/v1{path}" for path in re.findall(r"`(/[^`]+)`", table)}
    assert named == set(described["paths"])
    (example,) = _fenced("json")
    assert client.get("/api/v1/bars/A?limit=5000").json == json.loads(example)
