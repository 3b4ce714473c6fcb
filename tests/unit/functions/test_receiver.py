"""The contract of event functions: answers by outcome, problem details, health."""

import json

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from functions._shared.application import MAX_BODY
from functions._shared.problems import BusyError
from functions._shared.receiver import receiver
from streams.adapters.cloud_event import CloudEvent, EventError
from streams.domain.errors import ServiceError

HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/s",
    "ce-type": "t",
    "content-type": "application/json",
}


class Work:
    """A handler that fails as told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.seen: list[CloudEvent] = []

    def __call__(self, event: CloudEvent) -> None:
        self.seen.append(event)
        if self.error:
            raise self.error

    def ready(self) -> None:
        if self.error:
            raise self.error


def client(work: Work) -> FlaskClient:
    return receiver("test", work, work.ready).test_client()


def post(work: Work, **kwargs: object) -> TestResponse:
    options: dict[str, object] = {"headers": HEADERS, "data": b"{}", **kwargs}
    return client(work).post("/", **options)


def test_success_is_202_and_empty() -> None:
    work = Work()
    answer = post(work)
    assert (answer.status_code, answer.data) == (202, b"")
    assert work.seen[0].id == "1"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (EventError(422, "no"), 422),
        (BusyError("busy"), 409),
        (ServiceError("down"), 503),
        (RuntimeError("bug"), 500),
    ],
)
def test_an_error_is_a_problem_with_the_status_that_eventing_understands(
    error: Exception, status: int
) -> None:
    answer = post(Work(error))
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.data)["status"] == status


def test_a_fault_of_the_program_is_not_told_outside() -> None:
    assert b"bug" not in post(Work(RuntimeError("bug"))).data


@pytest.mark.parametrize("missing", ["ce-id", "ce-source", "ce-type", "ce-specversion"])
def test_a_missing_attribute_never_reaches_the_handler(missing: str) -> None:
    work = Work()
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    assert post(work, headers=headers).status_code == 400
    assert work.seen == []


def test_a_batch_is_415_and_a_huge_body_413() -> None:
    batch = {"content-type": "application/cloudevents-batch+json"}
    assert post(Work(), headers=batch, data=b"[]").status_code == 415
    assert post(Work(), data=b"x" * (MAX_BODY + 1)).status_code == 413


def test_other_methods_and_paths_are_problems_too() -> None:
    answer = client(Work()).get("/")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.content_type == "application/problem+json"
    assert client(Work()).get("/nowhere").status_code == 404
    assert "POST" in client(Work()).options("/").headers["Allow"]


def test_health_readiness_and_metrics() -> None:
    down = client(Work(ServiceError("PostgreSQL: no answer")))
    assert down.get("/healthz").status_code == 200
    assert down.get("/readyz").status_code == 503
    up = client(Work())
    assert up.get("/readyz").json == {"status": "ready"}
    up.post("/", headers=HEADERS, data=b"{}")
    text = up.get("/metrics").text
    assert 'tapedeck_function_requests_total{code="202",function="test"} 1.0' in text
