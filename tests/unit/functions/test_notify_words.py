"""Messages in the words of templates, single and as digests."""

from dataclasses import replace

from functions.notify.notification import Notification
from functions.notify.words import digest_of, digest_values, message_of, signal_values
from streams.domain.message_template import parse_template
from streams.domain.notify_fields import DIGEST_FIELDS, SIGNAL_FIELDS
from streams.domain.notify_rules import Wording
from streams.domain.signal import Side, Signal

SIGNAL = Signal("A", 1_636_362_300_000, "ACME", "5m", "breakout", Side.SELL, 101.25, 0.5, True, "x")
ONE = Notification("/s", "A/1", SIGNAL, 1_636_362_300_040, 40, "00-trace", "high")
OTHER = replace(ONE, id="B/1", signal=replace(SIGNAL, symbol="BRISK", time=1_636_362_600_000))


def test_the_fields_are_those_that_templates_are_checked_against() -> None:
    assert list(signal_values(ONE)) == list(SIGNAL_FIELDS)
    assert list(digest_values([ONE], ["line"])) == list(DIGEST_FIELDS)


def test_every_field_can_be_shown_with_and_without_its_value() -> None:
    text = " ".join(f"{{{name}}}" for name in SIGNAL_FIELDS)
    wording = Wording(text=parse_template(text, SIGNAL_FIELDS))
    bare = replace(ONE, severity=None, latency_ms=None)
    assert "high" in message_of(ONE, wording).text
    assert "high" not in message_of(bare, wording).text


def test_a_message_is_in_the_words_of_the_templates() -> None:
    wording = Wording(
        parse_template("{SIDE} {symbol}", SIGNAL_FIELDS),
        parse_template("{time:%H:%M}\n{price:.1f}", SIGNAL_FIELDS),
    )
    message = message_of(ONE, wording)
    assert (message.subject, message.text) == ("SELL ACME", "09:05\n101.2")
    assert message.key == "/s#A/1"
    assert message.as_json()["text"] == message.text
    assert message.as_json()["severity"] == "high"
    assert message.traceparent == "00-trace"


def test_without_templates_the_words_are_the_usual_ones() -> None:
    message = message_of(ONE, Wording())
    assert message.subject == "HIGH ACME at 101.25, 5m breakout"
    assert message.text == ONE.text


def test_a_digest_tells_all_of_them() -> None:
    digest = digest_of("digest/slack/1", [ONE, OTHER], Wording())
    assert digest.subject == "2 signals: ACME, BRISK"
    assert digest.text == f"{digest.subject}\n{ONE.text}\n{OTHER.text}"
    assert digest.key == "/tapedeck/notify#digest/slack/1"
    told = digest.as_json()
    assert (told["id"], told["count"]) == ("digest/slack/1", 2)
    assert [each["id"] for each in told["notifications"]] == ["A/1", "B/1"]


def test_a_digest_in_the_words_of_its_templates() -> None:
    wording = Wording(
        text=parse_template("* {symbol}", SIGNAL_FIELDS),
        digest_subject=parse_template("{count}", DIGEST_FIELDS),
        digest_text=parse_template("{first:%H:%M}-{last:%H:%M}\n{lines}", DIGEST_FIELDS),
    )
    digest = digest_of("d", [OTHER, ONE], wording)
    assert (digest.subject, digest.text) == ("2", "09:05-09:10\n* BRISK\n* ACME")


def test_a_digest_of_one_is_that_one() -> None:
    assert digest_of("d", [ONE], Wording()) == message_of(ONE, Wording())


def test_many_symbols_are_counted_instead_of_named() -> None:
    many = [replace(ONE, signal=replace(SIGNAL, symbol=f"S{n}")) for n in range(8)]
    assert digest_of("d", many, Wording()).subject == "8 signals: S0, S1, S2, S3, S4 and 3 more"


def test_a_subject_is_one_line_whatever_the_template_says() -> None:
    wording = Wording(subject=parse_template("{symbol}\nBcc: x", SIGNAL_FIELDS))
    assert message_of(ONE, wording).subject == "ACME Bcc: x"
