"""The typical price of a bar."""

from math import inf

from streams.domain.bar import Bar


def typical_price(bar: Bar) -> float:
    """`(high + low + close) / 3`; finite for all prices that are."""
    total = bar.high + bar.low + bar.close
    return total / 3 if total < inf else bar.high / 3 + bar.low / 3 + bar.close / 3
