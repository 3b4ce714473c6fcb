"""Addresses as they may be shown."""

import re


def masked(address: str) -> str:
    """The address with its password as `***`."""
    return re.sub(r"(://[^:@/]*:)[^@/]+@", r"\1***@", address)
