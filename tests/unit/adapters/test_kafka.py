"""What the Kafka client raises, as an error of ours."""

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.error import KafkaError

from streams.adapters.kafka import kafka_errors
from streams.domain.errors import ServiceError


def test_an_error_of_the_client_names_the_server() -> None:
    with (
        pytest.raises(ServiceError, match=r"^Kafka at there:9092: .*[Tt]imed out"),
        kafka_errors("there:9092"),
    ):
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))


def test_an_error_without_a_code_keeps_its_words() -> None:
    with (
        pytest.raises(ServiceError, match=r"^Kafka at there:9092: odd$"),
        kafka_errors("there:9092"),
    ):
        raise KafkaException("odd")
