"""One thread for the numerical libraries: their data is small, and the machine has other work.

Several threads would spend more on waiting for each other than they gain, and sums in another
order would give other bits.
"""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Within the block BLAS and OpenMP use one thread."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
