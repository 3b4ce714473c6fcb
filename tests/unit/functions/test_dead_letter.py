"""What the dead-letter function takes for an event, and what it makes of `knativeerror*`."""

import base64
import json

import pytest

from functions.dead_letter.app import create_app
from functions.dead_letter.reading import decoded_error, read_letter
from streams.adapters.cloud_event import EventError
from tests.fakes import settings

EVENT = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
ERROR = {"ce-knativeerrordest": "http://notify.localhost/", "ce-knativeerrorcode": "503"}
STRUCTURED = "application/cloudevents+json"


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def mt_broker(said: bytes) -> str:
    wrapped = {"errdestination": "http://x/", "errresponsebody": base64_of(said)}
    return base64_of(json.dumps(wrapped).encode())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (mt_broker(b"no price"), "no price"),
        (mt_broker(b""), ""),
        (base64_of(b"PostgreSQL: no answer"), "PostgreSQL: no answer"),
        (base64_of(b'{"detail":"busy"}'), '{"detail":"busy"}'),
        (base64_of(b'{"errresponsebody":5}'), "5"),
        (base64_of(b'{"errresponsebody":"%%"}'), "%%"),
        (base64_of(b"[1]"), "[1]"),
        (base64_of(b"\xff\xfe"), "\ufffd\ufffd"),
        (base64_of(b"unpadded").rstrip("="), "unpadded"),
        ("%%% no base64", "%%% no base64"),
        ("é", "é"),
        ("", ""),
    ],
)
def test_what_the_destination_said_is_decoded_or_kept_as_it_is(data: str, text: str) -> None:
    assert decoded_error(data) == text


def test_the_event_is_kept_as_it_was_before_it_failed() -> None:
    data = mt_broker(b"down")
    headers = {**EVENT, **ERROR, "ce-knativeerrordata": data, "ce-symbol": "%C3%89",
               "content-type": "image/png", "traceparent": "00-1-2-01"}  # fmt: skip
    letter = read_letter(headers.items(), b"\x89PNG\x00")
    assert letter.event.attributes == {
        "specversion": "1.0", "id": "1", "source": "/s", "type": "t", "symbol": "É",
        "datacontenttype": "image/png",
    }  # fmt: skip
    assert (letter.event.data, letter.event.trace) == (b"\x89PNG\x00", {"traceparent": "00-1-2-01"})
    assert (letter.destination, letter.code) == ("http://notify.localhost/", "503")
    assert (letter.error, letter.error_data) == ("down", data)


def test_one_row_for_an_event_and_a_destination_whatever_was_said() -> None:
    def letter(**more: str) -> str:
        named = {f"ce-{name}": value for name, value in more.items()}
        return read_letter({**EVENT, **ERROR, **named}.items(), b"x").id

    assert letter() == letter(knativeerrorcode="422", symbol="A")
    assert len({letter(), letter(id="2"), letter(source="/t"), letter(knativeerrordest="x")}) == 4


@pytest.mark.parametrize(
    "headers",
    [
        {**EVENT, "content-type": "garbage"},
        {**EVENT, "ce-time": "yesterday"},
        {**EVENT, "ce-specversion": "0.3"},
        {**EVENT, "ce-source": "with a space"},
        {**EVENT, "ce-Upper-Case": "x"},
        {**EVENT, "ce-bad": "%00 %ff"},
        {**EVENT, "ce-subject": ""},
        {**EVENT, "content-type": "application/json"},
    ],
)
def test_what_a_strict_function_refuses_for_its_form_is_still_an_event(
    headers: dict[str, str],
) -> None:
    letter = read_letter(headers.items(), b"{broken")
    assert (letter.event.id, letter.event.data) == ("1", b"{broken")
    assert all("\x00" not in value for value in letter.event.attributes.values())


def test_a_structured_event_is_read_leniently_too() -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "time": 5,
             "deep": {"a": 1}, "lone": "\ud800", "data": [1, None]}  # fmt: skip
    letter = read_letter([("content-type", STRUCTURED)], json.dumps(event).encode())
    assert letter.event.data == b"[1, null]"
    assert letter.event.attributes["time"] == "5"
    assert letter.event.attributes["deep"] == '{"a": 1}'
    assert letter.event.attributes["lone"] == "\ufffd"


@pytest.mark.parametrize("missing", ["id", "source", "type"])
def test_what_does_not_say_who_it_is_is_no_event(missing: str) -> None:
    headers = {name: value for name, value in EVENT.items() if name != f"ce-{missing}"}
    with pytest.raises(EventError, match=missing) as caught:
        read_letter(headers.items(), b"")
    assert caught.value.status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"[" * 100_000, b"\xff\xfe"])
def test_a_broken_structured_event_is_refused(body: bytes) -> None:
    with pytest.raises(EventError) as caught:
        read_letter([("content-type", STRUCTURED)], body)
    assert caught.value.status == 400


def test_a_batch_is_refused() -> None:
    with pytest.raises(EventError) as caught:
        read_letter([("content-type", "application/cloudevents-batch+json")], b"[]")
    assert caught.value.status == 415


def test_without_postgresql_it_is_to_be_tried_again() -> None:
    nowhere = "postgresql://me:secret@127.0.0.1:9/x"
    client = create_app(settings(DATABASE_URL=nowhere)).test_client()
    answer = client.post("/", headers=EVENT, data=b"x")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert b"secret" not in answer.data
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("name", ["\x00", "é", "a b", "a\r\nhost", "", "a:b"])
def test_an_attribute_that_no_header_can_carry_is_left_out(name: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", name: "x", "data": {}}
    letter = read_letter([("content-type", STRUCTURED)], json.dumps(event).encode())
    assert letter.event.attributes == {
        "specversion": "1.0", "id": "1", "source": "/s", "type": "t",
        "datacontenttype": "application/json",
    }  # fmt: skip


def test_a_media_type_that_no_header_can_carry_is_mended() -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": {},
             "datacontenttype": "a/b\r\nx: é "}  # fmt: skip
    letter = read_letter([("content-type", STRUCTURED)], json.dumps(event).encode())
    assert letter.event.attributes["datacontenttype"] == "a/b??x: ?"
