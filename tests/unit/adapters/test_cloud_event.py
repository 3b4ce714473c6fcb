"""CloudEvents over HTTP: what is accepted, what is refused, and that the SDK agrees."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent as SdkEvent

from streams.adapters.cloud_event import (
    CloudEvent,
    EventError,
    binary_headers,
    json_data,
    read_event,
)

BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "A/5m/0/breakout",
    "ce-source": "/tapedeck/signals",
    "ce-type": "io.tapedeck.signal.breakout",
    "content-type": "application/json",
}
STRUCTURED = {
    "specversion": "1.0",
    "id": "1",
    "source": "/s",
    "type": "t",
    "data": {"a": 1},
}
CE_JSON = {"content-type": "application/cloudevents+json; charset=utf-8"}


def binary(**changes: str | None) -> CloudEvent:
    headers = {**BINARY, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return read_event([(n, v) for n, v in headers.items() if v is not None], b'{"a":1}')


def structured(body: Any, **headers: str) -> CloudEvent:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_event([*CE_JSON.items(), *headers.items()], raw)


def sdk_event() -> SdkEvent:
    return SdkEvent(
        {
            "id": "É 100%",
            "source": "/tapedeck/signals",
            "type": "t",
            "specversion": "1.0",
            "time": datetime(2021, 11, 8, 9, 0, tzinfo=UTC),
            "datacontenttype": "application/json",
            "partitionkey": 'a"b',
        },
        {"price": 1.5},
    )


def test_binary_and_structured_events_of_the_sdk_are_read() -> None:
    for message in (to_binary_event(sdk_event()), to_structured_event(sdk_event())):
        event = read_event(message.headers.items(), message.body)
        assert event.id == "É 100%"
        assert event.get("partitionkey") == 'a"b'
        assert json_data(event) == {"price": 1.5}


def test_what_is_written_is_read_again() -> None:
    event = CloudEvent({**binary().attributes, "symbol": 'É "1" 50%'}, b"{}", {"traceparent": "x"})
    assert read_event(binary_headers(event).items(), b"{}") == event


def test_a_stray_ce_header_does_not_make_a_structured_event_binary() -> None:
    assert structured(STRUCTURED, **{"ce-trace": "x"}).id == "1"


def test_extensions_of_other_json_types_become_text_and_null_is_absent() -> None:
    event = structured({**STRUCTURED, "warm": True, "level": 3, "subject": None})
    assert (event.get("warm"), event.get("level"), event.get("subject")) == ("true", "3", None)


def test_base64_data_is_bytes() -> None:
    body = {**STRUCTURED, "data_base64": "AAE=", "datacontenttype": "application/octet-stream"}
    del body["data"]
    assert structured(body).data == b"\x00\x01"


@pytest.mark.parametrize(
    "changes",
    [
        {"ce_id": None},
        {"ce_id": ""},
        {"ce_source": None},
        {"ce_type": None},
        {"ce_specversion": None},
        {"ce_specversion": "0.3"},
        {"ce_time": "yesterday"},
        {"ce_time": "2021-13-01T00:00:00Z"},
        {"ce_Bad_name": "x"},
        {"ce_id": "%FF"},
        {"ce_id": "a%00b"},
        {"ce_subject": ""},
        {"ce_source": "a b"},
        {"content_type": "nonsense"},
    ],
)
def test_a_broken_binary_event_is_400(changes: dict[str, str | None]) -> None:
    with pytest.raises(EventError) as caught:
        binary(**changes)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        [],
        5,
        {},
        {**STRUCTURED, "id": None},
        {**STRUCTURED, "source": 5},
        {**STRUCTURED, "time": 5},
        {**STRUCTURED, "nested": {"a": 1}},
        {**STRUCTURED, "data_base64": "AAE="},
        {**STRUCTURED, "data": None, "data_base64": "%%%"},
        {**STRUCTURED, "data": float("nan")},
        b"[" * 100_000,
    ],
)
def test_a_broken_structured_event_is_400(body: Any) -> None:
    with pytest.raises(EventError) as caught:
        structured(body)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "content_type", ["application/cloudevents-batch+json", "application/cloudevents+avro"]
)
def test_batches_and_other_formats_are_415(content_type: str) -> None:
    with pytest.raises(EventError) as caught:
        read_event([("Content-Type", content_type)], b"[]")
    assert caught.value.status == 415


def test_a_repeated_attribute_is_refused() -> None:
    with pytest.raises(EventError, match="ce-id: expected once"):
        read_event([*BINARY.items(), ("CE-ID", "other")], b"{}")


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[1]", "application/json", 422),
        (b"NaN", "application/json", 400),
        (b"{}", "text/plain", 415),
    ],
)
def test_data_that_is_no_json_object_is_refused(
    data: bytes, content_type: str, status: int
) -> None:
    event = read_event([*{**BINARY, "content-type": content_type}.items()], data)
    with pytest.raises(EventError) as caught:
        json_data(event)
    assert caught.value.status == status
