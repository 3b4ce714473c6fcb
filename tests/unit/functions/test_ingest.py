"""`POST /ingest` as a client sees it: answers, batches, dead letters. Kafka is a list."""

import gzip
import json
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.ingest.body import MAX_BODY
from streams.adapters.context_messages import decode_context
from streams.adapters.tick_messages import read_ticks
from streams.adapters.topics import Topic
from streams.domain.screen import screen
from tests.fakes import message
from tests.generator_shapes import body, shapes
from tests.ingesting import JSON, TICK, TRACE, Ingest


@pytest.fixture
def ingest() -> Ingest:
    return Ingest()


def test_the_generators_requests_are_answered_with_exactly_200(ingest: Ingest) -> None:
    for shape in islice(shapes(time.time()), 50):
        answer = ingest.client.post("/ingest", data=body(shape), headers=JSON)
        assert (answer.status_code, answer.json) == (200, {"accepted": 1})
    assert len(ingest.of(Topic.TICKS)) == 10
    assert len(ingest.of(Topic.CONTEXT)) == 40


def test_ticks_travel_with_their_time_of_sending_and_their_trace(ingest: Ingest) -> None:
    before = int(time.time() * 1_000)
    ingest.post(TICK, traceparent=TRACE)
    ingest.post(TICK)
    ingest.post(TICK, traceparent="00-" + "0" * 32 + "-" + "b" * 16 + "-01")
    given_, made, mended = (dict(record.headers) for record in ingest.sent)
    assert given_["traceparent"] == TRACE.encode()
    assert before <= int(given_["produced"]) <= time.time() * 1_000
    assert len(made["traceparent"]) == len(TRACE)
    assert len({made["traceparent"], mended["traceparent"]}) == 2
    assert b"0" * 32 not in mended["traceparent"]
    assert [record.key for record in ingest.sent] == ["A"] * 3


def test_an_array_is_a_message_per_symbol_and_its_bad_items_are_named(ingest: Ingest) -> None:
    items = [TICK, TICK | {"symbol": "B"}, TICK | {"price": -1}, TICK | {"ts": 2_000}, "x"]
    answer = ingest.post(items)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["accepted"] == 3
    assert [(each["index"], each["field"], each["was"]) for each in answer.json["rejected"]] == [
        (2, "price", "-1"),
        (4, "item", '"x"'),
    ]
    assert [record.key for record in ingest.of(Topic.TICKS)] == ["A", "B"]
    letters = ingest.of(Topic.DEAD_LETTERS)
    assert [json.loads(letter.value) for letter in letters] == [items[2], "x"]
    headers = dict(letters[0].headers)
    assert (headers["origin"], headers["reason"], headers["position"]) == (
        b"ingest",
        b"bad_price",
        b"2",
    )


def test_an_array_without_a_valid_item_is_422_and_one_without_any_too(ingest: Ingest) -> None:
    answer = ingest.post([5, TICK | {"price": True}])
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert (answer.json["field"], answer.json["accepted"]) == ("item", 0)
    assert [each["index"] for each in answer.json["rejected"]] == [0, 1]
    assert ingest.post([]).status_code == 422
    assert ingest.of(Topic.TICKS) == []


def test_an_array_of_plain_ticks_is_held_to_the_same_rules(ingest: Ingest) -> None:
    good = [TICK | {"symbol": symbol, "ts": n} for n, symbol in enumerate("ABA")]
    assert ingest.post(good).json == {"accepted": 3, "rejected": []}
    assert [json.loads(record.value) for record in ingest.sent] == [
        {"symbol": "A", "ts": [0, 2], "price": [1.5, 1.5], "size": [3.0, 3.0]},
        {"symbol": "B", "ts": [1], "price": [1.5], "size": [3.0]},
    ]
    tomorrow = int(time.time() * 1_000) + 2 * 86_400_000
    for bad in (
        {"symbol": " A"}, {"symbol": "\n"}, {"symbol": "x" * 65}, {"symbol": ""}, {"ts": -1},
        {"ts": tomorrow}, {"ts": "1"}, {"ts": True}, {"price": 0}, {"price": "1"}, {"price": True},
        {"price": 1e16}, {"size": -1}, {"size": False}, {"data_type": "weather"},
    ):  # fmt: skip
        answer = ingest.post([TICK, TICK | bad])
        assert answer.json is not None
        assert (answer.json["accepted"], len(answer.json["rejected"])) == (1, 1), bad


def test_nan_in_an_array_rejects_itself(ingest: Ingest) -> None:
    answer = ingest.post(b'[{"symbol":"A","ts":1,"price":NaN},{"symbol":"A","ts":1,"price":2}]')
    assert answer.json is not None
    assert (answer.json["accepted"], answer.json["rejected"][0]["was"]) == (1, "NaN")
    assert b"NaN" in ingest.of(Topic.DEAD_LETTERS)[0].value


def test_the_same_refused_body_is_the_same_dead_letter(ingest: Ingest) -> None:
    for _ in range(2):
        assert ingest.post(TICK | {"price": -1}).status_code == 422
    ids = {dict(letter.headers)["id"] for letter in ingest.of(Topic.DEAD_LETTERS)}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"symbol": "A"} x', 400),
        (b"\xff\xfe", 400),
        (b'"\xff"', 400),
        (b"\xef\xbb\xbf{}", 400),
        (json.dumps(TICK).encode("utf-16"), 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
        (b"9" * 5_000, 400),
        (b'{"symbol": "A", "ts": 1, "price": 1e999}', 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b'{"symbol": "\\ud800", "ts": 1, "price": 1}', 422),
    ],
)
def test_rubbish_is_refused_and_kept(ingest: Ingest, raw: bytes, status: int) -> None:
    answer = ingest.post(raw)
    assert answer.status_code == status
    assert answer.json is not None
    assert {"field", "expected", "was", "detail"} <= answer.json.keys()
    assert [letter.value for letter in ingest.sent] == [raw]


def test_of_a_member_that_is_there_twice_the_last_counts(ingest: Ingest) -> None:
    assert ingest.post(b'{"symbol":"A","ts":1,"price":1,"price":2}').status_code == 200
    assert b'"price":[2.0]' in ingest.sent[0].value


def test_gzip_is_inflated_within_bounds(ingest: Ingest) -> None:
    raw = json.dumps(TICK).encode()
    assert ingest.post(gzip.compress(raw), Content_Encoding="gzip").status_code == 200
    two = gzip.compress(raw[:9]) + gzip.compress(raw[9:])
    assert ingest.post(two, Content_Encoding="GZIP").status_code == 200
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < MAX_BODY
    assert ingest.post(bomb, Content_Encoding="gzip").status_code == 413
    assert ingest.post(gzip.compress(raw)[:-9], Content_Encoding="gzip").status_code == 400
    assert ingest.post(raw, Content_Encoding="gzip").status_code == 400


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Content_Type": "text/plain"}, "Content-Type"),
        ({"Content_Type": "application/json; charset=latin-1"}, "Content-Type"),
        ({"Content_Encoding": "br"}, "Content-Encoding"),
        ({"Content_Encoding": "gzip, gzip"}, "Content-Encoding"),
    ],
)
def test_other_types_and_encodings_are_415(
    ingest: Ingest, headers: dict[str, str], field: str
) -> None:
    answer = ingest.post(TICK, **headers)
    assert answer.status_code == 415
    assert answer.json is not None
    assert answer.json["field"] == field
    assert len(ingest.of(Topic.DEAD_LETTERS)) == 1


def test_a_type_with_charset_or_suffix_is_json(ingest: Ingest) -> None:
    for kind in ("application/json; charset=UTF-8", "application/vnd.ticks+json"):
        assert ingest.post(TICK, Content_Type=kind).status_code == 200


def test_a_body_that_is_too_long_is_413_and_not_kept(ingest: Ingest) -> None:
    answer = ingest.post(b" " * (MAX_BODY + 1))
    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["was"] == str(MAX_BODY + 1)
    assert ingest.post(b" " * MAX_BODY).status_code == 400
    assert len(ingest.sent) == 1


def test_what_was_received_less_than_announced_is_400(ingest: Ingest) -> None:
    answer = ingest.client.post(
        "/ingest", data=b"{}", headers=JSON, environ_overrides={"CONTENT_LENGTH": "99"}
    )
    assert answer.status_code == 400
    assert ingest.sent == []


def test_without_kafka_it_is_503_with_retry_after_for_good_and_bad_alike(ingest: Ingest) -> None:
    ingest.down = True
    for value in (TICK, [TICK, 5], {}, b"{"):
        answer = ingest.post(value)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.content_type == "application/problem+json"
    assert ingest.client.get("/readyz").status_code == 503
    assert ingest.client.get("/healthz").status_code == 200
    ingest.down = False
    assert ingest.post(TICK).status_code == 200


def test_what_came_and_what_was_refused_is_counted(ingest: Ingest) -> None:
    ingest.post([TICK, TICK, {"price": 1}])
    metrics = ingest.client.get("/metrics").text
    assert 'tapedeck_ingest_items_total{kind="tick"} 2.0' in metrics
    assert 'tapedeck_ingest_refused_total{reason="bad_symbol"} 1.0' in metrics


_BODIES = [body(shape) for shape in islice(shapes(1_700_000_000.5), 5)]
_BODIES += [json.dumps(TICK).encode(), json.dumps([TICK, TICK | {"symbol": "B"}]).encode()]


def _mutated(draw: Callable[[st.SearchStrategy[Any]], Any]) -> bytes:
    raw = bytearray(draw(st.sampled_from(_BODIES)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(raw)))
        raw[at : at + draw(st.integers(0, 5))] = draw(st.binary(max_size=5))
    return bytes(raw)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(raw=st.binary(max_size=64) | st.composite(_mutated)())
def test_no_body_is_a_fault_and_what_is_accepted_can_be_read(ingest: Ingest, raw: bytes) -> None:
    ingest.sent.clear()
    answer = ingest.post(raw)
    assert answer.status_code in (200, 400, 422)
    assert answer.json is not None
    for record in ingest.of(Topic.TICKS):
        batch, rejects = read_ticks(message(record.value, key=record.key))
        assert (batch is not None, rejects) == (True, [])
        assert batch is not None
        assert screen(batch)[1] == []
    for record in ingest.of(Topic.CONTEXT):
        assert decode_context(record.value).symbol == record.key
    assert bool(ingest.of(Topic.DEAD_LETTERS)) == (
        answer.status_code != 200 or bool(answer.json.get("rejected"))
    )
