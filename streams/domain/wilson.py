"""The Wilson score interval: what a share of hits says about the chance behind it.

E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
the American Statistical Association 22 (158), 1927, pages 209-212. Unlike p ± z·sqrt(p(1-p)/n) it
stays within [0, 1] and means something for few trials, and for shares of 0 and 1.
"""

from math import sqrt

Z95 = 1.959963984540054
"""The normal quantile of a two-sided confidence of 95 %."""


def wilson(hits: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """The interval's ends, within [0, 1]; `trials` is at least 1 and at least `hits`.

    Both ends solve |p - hits/trials| = z * sqrt(p * (1 - p) / trials).
    """
    share, spread = hits / trials, z * z / trials
    centre = share + spread / 2
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
    # Rounding must not exclude the share itself, which at 0 and 1 is the very end.
    return max(0.0, min(low, share)), min(1.0, max(high, share))
