"""The email channel against a real SMTP server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from functions.notify.channels.channel import TransientError
from functions.notify.channels.email import EmailChannel
from functions.notify.channels.mail_server import mail_server
from functions.notify.message import Message
from streams.domain.errors import ConfigError, DeliveryError
from tests.smtp_sink import Certificate, Mailbox, certificate, mailing

MESSAGE = Message("/s#A/5m/0/breakout", "BUY Ä at 1.5", "Ä crossed\nin two lines")
ONE = "from=tapedeck@desk.example&to=one@desk.example"
TWO = f"{ONE},two+tag@desk.example"


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


def _channel(box: Mailbox, query: str = TWO, scheme: str = "smtp", user: str = "") -> EmailChannel:
    return EmailChannel(f"{scheme}://{user}127.0.0.1:{box.port}/?{query}")


def test_one_mail_reaches_every_recipient() -> None:
    with mailing(Mailbox()) as box:
        assert _channel(box, f"{TWO}&tls=none").send(MESSAGE) is None
    [(recipients, mail)] = box.got
    assert recipients == ["one@desk.example", "two+tag@desk.example"]
    assert mail["Subject"] == "BUY Ä at 1.5"
    assert mail["To"] == "one@desk.example, two+tag@desk.example"
    assert mail["From"] == "tapedeck@desk.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().splitlines() == ["Ä crossed", "in two lines"]


def test_a_repeat_has_the_same_message_id_and_another_message_another() -> None:
    with mailing(Mailbox()) as box:
        for message in (MESSAGE, MESSAGE, Message("/s#B", "s", "t")):
            _channel(box, f"{ONE}&tls=none").send(message)
    first, again, other = (mail["Message-ID"] for _, mail in box.got)
    assert first == again != other


def test_starttls_with_a_login(trusted: Certificate) -> None:
    with mailing(Mailbox(login=(b"me@desk", b"p@ss/word")), starttls=trusted.context) as box:
        query = f"{ONE}&ca={trusted.path}"
        _channel(box, query, user="me%40desk:p%40ss%2Fword@").send(MESSAGE)
        with pytest.raises(DeliveryError, match="SMTPAuthenticationError 535") as caught:
            _channel(box, query, user="me%40desk:hunter2@").send(MESSAGE)
    assert "hunter2" not in str(caught.value)
    assert len(box.got) == 1


def test_tls_from_the_first_byte(trusted: Certificate) -> None:
    with mailing(Mailbox(), implicit=trusted.context) as box:
        _channel(box, f"{ONE}&ca={trusted.path}", "smtps").send(MESSAGE)
    assert len(box.got) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(trusted: Certificate) -> None:
    with (
        mailing(Mailbox(), starttls=trusted.context) as box,
        pytest.raises(DeliveryError, match="self-signed certificate"),
    ):
        _channel(box, ONE).send(MESSAGE)
    assert box.got == []


def test_nothing_is_sent_in_the_clear_unless_the_url_says_so() -> None:
    with mailing(Mailbox()) as box, pytest.raises(DeliveryError, match="lacks STARTTLS"):
        _channel(box, ONE).send(MESSAGE)
    assert box.got == []


def test_a_recipient_that_is_refused_for_good_is_a_remark() -> None:
    refuse = {"two+tag@desk.example": "550 5.1.1 no two+tag here"}
    with mailing(Mailbox(refuse)) as box:
        channel = _channel(box, f"{TWO}&tls=none")
        remark = channel.send(MESSAGE)
    assert remark == "email: 1 of 2 recipients refused: t***@desk.example 550 5.1.1"
    assert [recipients for recipients, _ in box.got] == [["one@desk.example"]]


def test_one_that_is_put_off_is_tried_again_alone() -> None:
    refuse = {"one@desk.example": "450 4.2.0 greylisted"}
    with mailing(Mailbox(refuse)) as box:
        channel = _channel(box, f"{TWO}&tls=none")
        with pytest.raises(DeliveryError, match=r"1 of 2 recipients refused: o\*\*\*@desk"):
            channel.send(MESSAGE)
        refuse.clear()
        assert channel.send(MESSAGE) is None
        assert channel.send(MESSAGE) is None
    assert [recipients for recipients, _ in box.got] == [
        ["two+tag@desk.example"],
        ["one@desk.example"],
    ]


def test_when_all_are_refused_it_is_not_delivered() -> None:
    refuse = {"one@desk.example": "550 no", "two+tag@desk.example": "551 no"}
    with mailing(Mailbox(refuse)) as box, pytest.raises(DeliveryError, match="2 of 2 recipients"):
        _channel(box, f"{TWO}&tls=none").send(MESSAGE)


def test_a_server_that_is_not_there_may_come_back() -> None:
    with pytest.raises(TransientError, match="email: no answer: ConnectionRefusedError"):
        EmailChannel(f"smtp://127.0.0.1:1/?{ONE}").send(MESSAGE)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h/", "expected a URL such as smtp://"),
        ("smtp://[::1", "expected a URL such as smtp://"),
        ("smtp://h/?from=a@b.c", "expected e-mail addresses"),
        ("smtp://h/?from=a@b.c&to=x@y.z,", "expected e-mail addresses"),
        ("smtp://h/?from=a@b.c&to=x@y.z%0d%0aBcc:q@r.s", "expected e-mail addresses"),
        ("smtp://u:hunter2@h/?to=a@b.c&from=a@b.c&cc=x@y.z", "keys among from, to, tls, ca"),
        ("smtp://h:99999/?from=a@b.c&to=x@y.z", "expected a port"),
        ("smtps://h/?from=a@b.c&to=x@y.z&tls=none", "expected tls="),
        ("smtp://h/?from=a@b.c&to=x@y.z&tls=maybe", "expected tls="),
    ],
)
def test_a_url_that_does_not_fit_says_which_part(url: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected) as caught:
        mail_server(url)
    assert "TAPEDECK_NOTIFY_EMAIL_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("make", [str, lambda path: f"{path}/none.pem"])
def test_certificates_that_cannot_be_read_stop_the_start(
    make: Callable[[Path], str], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="ca: expected a file of PEM certificates"):
        EmailChannel(f"smtp://h/?{ONE}&ca={make(tmp_path)}")


def test_the_password_does_not_show() -> None:
    assert "hunter2" not in repr(mail_server(f"smtp://u:hunter2@h/?{ONE}"))
