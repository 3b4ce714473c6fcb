"""What the wrapper adds to the stream library."""

from typing import Any, cast

import pytest
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.models.topics.exceptions import TopicNotFoundError

from streams.adapters.quix import stateful


class BusyKafka:
    """A dataframe whose new changelog topic is known at the third look, or never."""

    def __init__(self, error: Exception, failures: int) -> None:
        self._error = error
        self._failures = failures

    def apply(self, call: object, **options: bool) -> str:
        if self._failures:
            self._failures -= 1
            raise self._error
        return f"{call} {sorted(options)}"


def _stateful(dataframe: BusyKafka) -> Any:
    return stateful(cast(StreamingDataFrame, dataframe), cast(Any, "call"))


def test_a_topic_that_was_made_just_now_may_take_a_moment_to_be_known() -> None:
    kafka = BusyKafka(TopicNotFoundError("not found on the broker"), 2)
    assert _stateful(kafka) == "call ['expand', 'metadata', 'stateful']"


def test_any_other_error_is_raised_at_once() -> None:
    kafka = BusyKafka(RuntimeError("another"), 1)
    with pytest.raises(RuntimeError, match="another"):
        _stateful(kafka)
