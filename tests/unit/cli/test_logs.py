"""What the log of a long-running command leaves out."""

import logging

import pytest

from streams.cli.logs import configure


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("State store at path=%s carries interrupted legacy-TTL migration bookkeeping", False),
        ("Failed to open rocksdb partition at path=%s, cannot acquire a lock", True),
    ],
)
def test_a_recovered_store_is_no_news(
    said: str, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    configure("INFO")
    logging.getLogger("quixstreams.state.rocksdb.partition").warning(said, "/a")
    assert bool(caplog.records) is told
