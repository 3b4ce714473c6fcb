"""Durations of manifests."""

import pytest

from streams.apps.serve.durations import go_seconds, iso_seconds
from streams.domain.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("1m30s", 90), ("500ms", 0.5), ("1h", 3600), ("1.5s", 1.5)]
)
def test_go_durations(text: str, seconds: float) -> None:
    assert go_seconds(text, "window") == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT0.5S", 0.5), ("PT1M", 60), ("P1DT2H", 93_600), ("PT15S", 15)]
)
def test_iso_durations(text: str, seconds: float) -> None:
    assert iso_seconds(text, "timeout") == seconds


@pytest.mark.parametrize("text", ["", "60", "s", "1m 30s", "-5s"])
def test_what_is_no_go_duration_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="window: expected a duration"):
        go_seconds(text, "window")


@pytest.mark.parametrize("text", ["", "P", "PT", "5s", "PT5"])
def test_what_is_no_iso_duration_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="timeout: expected an ISO"):
        iso_seconds(text, "timeout")
