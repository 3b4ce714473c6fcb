"""`functions.dead_letter` on a real PostgreSQL: each event is kept whole, poison too."""

import base64

from tests.broker.dead_lettering import Letters


def test_an_event_is_kept_whole_and_each_arrival_counted(letters: Letters) -> None:
    data = bytes(range(256)) * 4_096  # 1 MiB of no text
    for _ in range(2):
        assert letters.post("e1", "http://notify.localhost/", data, traceparent="00-a-b-01") == 202
    (letter_id,) = letters.ids
    row = letters.row(letter_id)
    assert (row["data"], row["trace"]) == (data, {"traceparent": "00-a-b-01"})
    assert row["attributes"] == {
        "specversion": "1.0", "id": "e1", "source": "/s", "type": "t", "partitionkey": "ACME",
        "datacontenttype": "application/json",
    }  # fmt: skip
    assert (row["destination"], row["code"]) == ("http://notify.localhost/", "503")
    assert (row["error"], row["error_data"]) == ("down", base64.b64encode(b"down").decode())
    assert (row["arrivals"], row["last_ms"] - row["first_ms"]) == (2, 1_000)


def test_one_event_that_failed_in_two_places_is_two_letters(letters: Letters) -> None:
    assert [letters.post("e", "http://a/"), letters.post("e", "http://b/")] == [202, 202]
    assert len(letters.ids) == 2


POISON: list[tuple[dict[str, str], bytes]] = [
    ({"content-type": "garbage"}, b"\x00\xff"),
    ({"content-type": "application/json"}, b"{broken"),
    ({"ce-time": "yesterday"}, b""),
    ({"ce-extension": "%00%ff"}, b"\x00"),
    ({"ce-knativeerrordata": "no base64 %00"}, b"null"),
    ({"ce-knativeerrorcode": "x" * 1_000, "ce-subject": "s" * 5_000}, b"x"),
    ({"ce-source": "s" * 6_000}, b"y"),
]


def test_poison_is_kept_too(letters: Letters) -> None:
    for number, (headers, data) in enumerate(POISON):
        assert letters.post(f"poison{number}", data=data, **headers) == 202
    assert [letters.row(each)["data"] for each in letters.ids] == [data for _, data in POISON]
