"""`/metrics` of a pipeline process."""

import logging
import re
import socket
import urllib.request

import pytest

from streams.adapters.metrics import Metrics
from streams.domain.errors import ServiceError


def address(caplog: pytest.LogCaptureFixture) -> str:
    found = re.search(r"address=(\S+)", caplog.text)
    assert found is not None
    return found[1]


def test_metrics_are_served_on_a_free_port(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    metrics = Metrics()
    metrics.of("bars").ticks.inc(3)
    metrics.serve(0, usual=1)
    with urllib.request.urlopen(address(caplog), timeout=5) as answer:
        assert 'tapedeck_ticks_total{pipeline="bars"} 3.0' in answer.read().decode()


def test_a_taken_usual_port_is_replaced_and_a_taken_wanted_one_is_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        Metrics().serve(None, usual=port)
        assert address(caplog).startswith("http://127.0.0.1:")
        assert f":{port}/" not in caplog.text
        with pytest.raises(ServiceError, match=str(port)):
            Metrics().serve(port, usual=1)


def test_lag_comes_from_the_clients_own_statistics() -> None:
    metrics = Metrics()
    statistics = (
        '{"topics": {"ticks": {"partitions": {"0": {"consumer_lag": 7},'
        ' "1": {"consumer_lag": -1}, "-1": {"consumer_lag": 9}}}}}'
    )
    metrics.lag_callback("bars")["stats_cb"](statistics)
    name = "tapedeck_consumer_lag"
    lag = {"pipeline": "bars", "topic": "ticks"}
    assert metrics.registry.get_sample_value(name, lag | {"partition": "0"}) == 7
    assert metrics.registry.get_sample_value(name, lag | {"partition": "1"}) is None
