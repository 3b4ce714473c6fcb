"""What a request waits for: every report, the first error, or the end of its patience."""

import pytest
from confluent_kafka import KafkaError

from functions.ingest.receipt import Receipt
from streams.adapters.records import Record
from streams.adapters.topics import Topic
from streams.domain.errors import ServiceError

RECORDS = [Record(Topic.TICKS, "A", b"1"), Record(Topic.TICKS, "B", b"2")]


def test_it_is_complete_with_its_last_report() -> None:
    complete: list[Receipt] = []
    receipt = Receipt(RECORDS, complete, 60)
    receipt.reported(None)
    assert complete == []
    receipt.reported(None)
    assert complete == [receipt]
    receipt.release()
    receipt.wait()


def test_one_refused_record_fails_the_request() -> None:
    complete: list[Receipt] = []
    receipt = Receipt(RECORDS, complete, 60)
    receipt.reported(KafkaError(KafkaError._MSG_TIMED_OUT))
    receipt.reported(None)
    complete[0].release()
    with pytest.raises(ServiceError, match="timed out"):
        receipt.wait()


def test_what_nobody_waits_for_any_more_is_not_sent() -> None:
    receipt = Receipt(RECORDS, [], 0)
    with pytest.raises(ServiceError, match="expected the messages to be stored in time"):
        receipt.wait()
    assert not receipt.awaited
    assert Receipt(RECORDS, [], 60).awaited


def test_what_could_not_be_handed_over_is_said_at_once() -> None:
    receipt = Receipt(RECORDS, [], 60)
    receipt.refuse("no room in the queue")
    with pytest.raises(ServiceError, match="no room in the queue"):
        receipt.wait()
