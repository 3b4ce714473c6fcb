"""The TOML of TAPEDECK_CONFIG: the shipped example is read, and what is wrong is named."""

from pathlib import Path

import pytest

from streams.adapters.config_file import notify_rules
from streams.adapters.settings import CHANNELS
from streams.domain.errors import ConfigError
from streams.domain.notify_fields import SIGNAL_FIELDS
from streams.domain.notify_rules import ChannelRules, Digesting, Finding, NotifyRules, channels_for
from tests.unit.docs.pages import ROOT

EXAMPLE = ROOT / "infra" / "tapedeck.example.toml"
USED = ("console", "slack", "email")


def _rules(tmp_path: Path, text: str) -> NotifyRules:
    path = tmp_path / "tapedeck.toml"
    path.write_text(text)
    return notify_rules(path, USED)


def _finding(**values: object) -> Finding:
    usual: dict[str, object] = {
        "symbol": "ACME", "kind": "breakout", "side": "buy", "interval": "5m", "strength": 0.5,
    }  # fmt: skip
    return Finding(**{**usual, **values})  # type: ignore[arg-type]  # by name


def test_no_file_is_no_rule() -> None:
    assert notify_rules(None, USED) == NotifyRules()
    assert NotifyRules().of("slack") == ChannelRules()


def test_an_empty_file_is_no_rule_either(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "")
    assert rules.routes == ()
    assert rules.of("slack") == ChannelRules()


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        (_finding(), ("console", "slack")),
        (_finding(strength=0.01), ("console", "email")),
        (_finding(symbol="TESTING"), ("console",)),
        (_finding(kind="anomaly.spike", severity="high", anomaly=True), ("console",)),
        (_finding(severity="critical", anomaly=True), ("console", "slack", "email")),
    ],
)
def test_the_shipped_example_routes_as_it_says(finding: Finding, told: tuple[str, ...]) -> None:
    assert channels_for(finding, notify_rules(EXAMPLE, USED).routes, USED) == told


def test_the_shipped_example_sets_everything_there_is() -> None:
    rules = notify_rules(EXAMPLE, USED)
    assert rules.of("email").digest == Digesting(1_800_000, 100, frozenset({"critical"}))
    assert rules.of("slack").digest is None
    quiet = rules.of("slack").quiet
    assert quiet is not None
    assert str(quiet.zone) == "Europe/Amsterdam"
    assert quiet.loud == {"critical"}
    wording = rules.of("email").wording
    assert None not in (wording.subject, wording.text, wording.digest_subject, wording.digest_text)
    assert rules.of("console").wording.digest_text is None


def test_a_channels_own_table_is_over_what_is_said_for_all(tmp_path: Path) -> None:
    rules = _rules(
        tmp_path,
        """
        [notify.digest]
        every = "5m"
        max = 3
        [notify.digest.email]
        max = 7
        [notify.digest.console]
        every = 0
        """,
    )
    assert rules.of("slack").digest == Digesting(300_000, 3)
    assert rules.of("email").digest == Digesting(300_000, 7)
    assert rules.of("console").digest is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notify = ", "expected TOML, was broken: Invalid value (at end of document)"),
        (f"notify = {'1' * 5_000}", "expected TOML, was broken: Exceeds the limit"),
        (f"notify = {'[' * 5_000}", "expected TOML, was broken: maximum recursion depth"),
        ("[notfy]", "was 'notfy'"),
        ("notify = 5", "notify: expected a table, was int"),
        ("[notify.route]", "notify.route: expected keys among routes, templates, digest, quiet"),
        ("[notify.routes]", "notify.routes: expected [[notify.routes]]"),
        ("[[notify.routes]]", "notify.routes[1].channels: expected a value, was missing"),
        ("[[notify.routes]]\nchannels=['slak']", "routes[1].channels: expected names among"),
        ("[[notify.routes]]\nchannels=['file']", "NOTIFY_CHANNELS (console, slack, email), was"),
        ("[[notify.routes]]\nchannels=[]\nsymbol=['A']", "routes[1].symbol: expected keys among"),
        ("[[notify.routes]]\nchannels=[]\nsymbols='A'", "symbols: expected a valid list, was 'A'"),
        ("[[notify.routes]]\nchannels=[]\nsides=['up']", "sides[1]: expected 'buy', 'sell' or"),
        ("[[notify.routes]]\nchannels=[]\nintervals=['7m']", "expected a length that divides a"),
        ("[[notify.routes]]\nchannels=[]\nmin_strength='1'", "min_strength: expected a valid num"),
        ("[[notify.routes]]\nchannels=[]\nmin_strength=nan", "min_strength: "),
        ("[[notify.routes]]\nchannels=[]\ncontinue='yes'", "continue: expected a valid boolean"),
        ("[[notify.routes]]\nchannels=[]\n[[notify.routes]]\nx=1", "notify.routes[2].x: expected"),
        ("[notify.templates]\ntext='{prize}'", "notify.templates.text: expected fields among sym"),
        ("[notify.templates]\ntext='{price'", "notify.templates.text: expected balanced braces"),
        ("[notify.templates]\ntext='{id.__class__}'", "was {id.__class__}"),
        ("[notify.templates]\ntext='{price:x}'", "text: field price: expected a format such"),
        ("[notify.templates.slack]\nsubject='{count}'", "notify.templates.slack.subject: expected"),
        ("[notify.templates]\ndigest_text='{price}'", "digest_text: expected fields among count"),
        ("[notify.templates.sms]\ntext=''", "notify.templates.sms: expected keys among"),
        ("[notify.digest]\nevery='soon'", "every: expected milliseconds, or a number and ms"),
        ("[notify.digest.slack]\nmax=0", "notify.digest.slack.max: expected greater than or"),
        ("[notify.digest]\nslack=5", "notify.digest.slack: expected a table, was int"),
        ("[notify.quiet]\nhours=['22-7']", "notify.quiet.hours: expected hours such as"),
        ("[notify.quiet]\nhours=['25:00-07:00']", "expected a time from 00:00 to 24:00"),
        ("[notify.quiet]\nhours=['mo 22:00-07:00']", "expected days among mon, tue"),
        ("[notify.quiet]\nhours=['00:00-24:00']", "expected a moment that is not quiet"),
        ("[notify.quiet]\nhours=['07:00-07:00']", "expected two different times"),
        ("[notify.quiet]\nzone='Amsterdam'", "notify.quiet.zone: expected an IANA time zone"),
        ("[notify.quiet]\nzone='/etc/passwd'", "notify.quiet.zone: expected an IANA time zone"),
        ("[notify.quiet]\nexcept=['loud']", "except[1]: expected 'low', 'medium', 'high' or"),
    ],
)
def test_what_is_wrong_is_named_with_the_file_and_the_key(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        _rules(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path / "tapedeck.toml") in str(caught.value)


def test_a_secret_that_is_put_into_the_file_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _rules(tmp_path, "[notify.digest]\nslack_url='https://hunter2'")
    assert "slack_url" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_bytes(b"\xff")]
)
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(make: object, tmp_path: Path) -> None:
    path = tmp_path / "tapedeck.toml"
    assert callable(make)
    make(path)
    with pytest.raises(ConfigError, match=r"TAPEDECK_CONFIG: cannot read .*tapedeck\.toml: "):
        notify_rules(path, USED)


def test_every_field_and_channel_of_the_code_is_in_the_example() -> None:
    text = EXAMPLE.read_text()
    assert [name for name in SIGNAL_FIELDS if name not in text] == []
    assert set(USED) <= set(CHANNELS)
