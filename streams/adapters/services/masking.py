"""Addresses as they may be shown."""

import re


def masked(address: str) -> str:
    """The address with its password as `***`."""
    shown = re.sub(r"(://[^:@/]*:).*@", r"\1***@", address)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", shown)
