"""Where the functions listen: fixed ports, so that people can script against them."""

from streams.domain.errors import ConfigError

USUAL = {"ingest": 5000, "query": 8000, "notify": 8091, "aggregate": 8092, "dead-letter": 8093}


def function_ports(text: str) -> dict[str, int]:
    """The usual ports with those of TAPEDECK_FUNCTION_PORTS (`notify=9091,...`) over them.

    0 is any free port. Raises ConfigError when the text is something else.
    """
    ports = dict(USUAL)
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = item.partition("=")
        if not name or not number.isdigit() or int(number) > 65_535:
            raise ConfigError(
                f"TAPEDECK_FUNCTION_PORTS: expected name=port,..., was {item!r} in {text!r}"
            )
        ports[name.strip().replace("_", "-")] = int(number)
    return ports
