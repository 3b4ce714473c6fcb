"""What can go wrong, as types.

TapedeckError
├── ConfigError        a setting, an option or stored state does not fit (exit 2)
├── InputError         a file or message cannot be understood at all (exit 2)
├── ServiceError       Kafka, PostgreSQL, Redis or an HTTP service does not work (exit 1)
└── DeliveryError      an event could not be handed over within the retry budget (exit 1)

A message says what failed, what was expected and what the value was. A single bad row or tick is
not an error: it is a reject with a reason, and goes to the dead letters.
"""


class TapedeckError(Exception):
    """The root of every error that Tapedeck raises on purpose."""

    exit_code = 1


class ConfigError(TapedeckError):
    """A setting, an option or stored state does not fit the rest."""

    exit_code = 2


class InputError(TapedeckError):
    """An input cannot be understood at all, so no row of it can be read."""

    exit_code = 2


class ServiceError(TapedeckError):
    """A server that is needed cannot be started or reached."""


class DeliveryError(TapedeckError):
    """An event was not accepted within the retry budget."""
