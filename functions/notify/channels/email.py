"""The email channel: SMTP, with TLS from the first byte (`smtps`) or by STARTTLS (`smtp`)."""

import hashlib
import logging
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

from functions.notify.channels.accepted import Accepted
from functions.notify.channels.channel import TransientError
from functions.notify.channels.mail_server import MailServer, mail_server
from functions.notify.message import Told
from streams.domain.errors import ConfigError, DeliveryError

logger = logging.getLogger(__name__)

_SECONDS = 4.0
_ENHANCED = re.compile(rb"\b[245]\.\d{1,3}\.\d{1,3}\b")
_Refused = dict[str, tuple[int, bytes]]


class EmailChannel:
    """One message to all recipients. Repeats have the same Message-ID, and mail programs hide them.

    A recipient that the server takes later (4xx) is tried again, alone; one that it never takes
    (5xx) is a remark, unless it is the only one.
    """

    name = "email"

    def __init__(self, url: str) -> None:
        self._server = mail_server(url)
        self._context = _context(self._server)
        self._accepted = Accepted()

    def send(self, message: Told) -> str | None:
        """Raises DeliveryError when nobody or not everybody who could got it."""
        wanted = self._accepted.missing(message.key, list(self._server.to))
        refused = self._refused(self._mail(message), wanted) if wanted else {}
        self._accepted.add(message.key, set(wanted) - refused.keys())
        if not refused:
            return None
        text = f"email: {len(refused)} of {len(self._server.to)} recipients refused: " + ", ".join(
            f"{_masked(name)} {_code(*said)}" for name, said in refused.items()
        )
        later = any(code < 500 for code, _ in refused.values())
        if later or len(refused) == len(self._server.to):
            raise DeliveryError(text)
        logger.warning("%s", text)
        return text

    def _refused(self, mail: EmailMessage, wanted: list[str]) -> _Refused:
        """Hand the mail over; those of `wanted` that the server does not take."""
        try:
            with _connected(self._server, self._context) as smtp:
                return smtp.send_message(mail, self._server.sender, wanted)
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients
        except smtplib.SMTPResponseException as error:
            said = bytes(error.smtp_error) if isinstance(error.smtp_error, bytes) else b""
            text = f"email: {type(error).__name__} {_code(error.smtp_code, said)}"
            raise (TransientError if error.smtp_code in (421, 451) else DeliveryError)(
                text
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise DeliveryError(
                "email: the server lacks STARTTLS, a login or UTF-8 addresses"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransientError(f"email: no answer: {_kind(error)}") from error

    def _mail(self, message: Told) -> EmailMessage:
        server, mail = self._server, EmailMessage()
        mail["From"] = server.sender
        mail["To"] = ", ".join(server.to)
        mail["Subject"] = message.subject
        mail["Date"] = formatdate()
        known = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{known}@{server.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{message.text}\n")
        return mail


def _context(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca)
    except OSError as error:
        raise ConfigError(
            f"TAPEDECK_NOTIFY_EMAIL_URL: ca: expected a file of PEM certificates, "
            f"was not: {error.strerror or type(error).__name__}"
        ) from None


def _connected(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    """A session that may send: encrypted and logged in, as the URL says."""
    if server.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, server.domain, timeout=_SECONDS, context=context
        )
    else:
        # Its own name is given: finding it out may take a DNS query that has no time-out.
        smtp = smtplib.SMTP(server.host, server.port, server.domain, timeout=_SECONDS)
    try:
        if server.tls == "starttls":
            smtp.starttls(context=context)
        if server.user is not None:
            smtp.login(server.user, server.password or "")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _kind(error: Exception) -> str:
    verify = getattr(error, "verify_message", "")
    return f"{type(error).__name__} {verify}".strip()


def _code(code: int, said: bytes) -> str:
    """`550 5.1.1`: the server's words may name people."""
    enhanced = _ENHANCED.search(said)
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


def _masked(address: str) -> str:
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}"
