"""Is a Sharpe ratio more than the luck of the best of many tries?

D. H. Bailey and M. Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2),
2012 (the probabilistic Sharpe ratio), and "The Deflated Sharpe Ratio: Correcting for Selection
Bias, Backtest Overfitting and Non-Normality", Journal of Portfolio Management 40 (5), 2014, pages
94-107. All Sharpe ratios here are per bar, and bars' returns are taken for independent.

Checked against the second paper's numerical example (an annual ratio of 2.5 in 1,250 days of 250 a
year, skewness -3, kurtosis 10, variance of the tried ones' annual ratios 1/2): its 0.1132 expected
of the best of 100, DSR 0.9004, 0.9505 of 46, and 0.9505 of 88 where returns were normal.
"""

from math import e, sqrt
from statistics import NormalDist

from streams.domain.performance import Moments

EULER = 0.5772156649015329
_NORMAL = NormalDist()


def probabilistic_sharpe(found: Moments, benchmark: float) -> float | None:
    """The chance that the true Sharpe ratio is above a benchmark, skewness and tails considered.

    Phi((SR - SR*) sqrt(T - 1) / sqrt(1 - skewness SR + (kurtosis - 1) / 4 SR^2)); None where the
    ratio, or its error, is not defined.
    """
    error = _standard_error(found)
    if found.sharpe is None or not error:
        return None
    return _NORMAL.cdf((found.sharpe - benchmark) / error)


def expected_best(tried: int, deviation: float) -> float:
    """The Sharpe ratio that the best of `tried` worthless rules has by luck.

    `deviation` is that of their ratios: sd ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))), g
    being Euler's constant; 0 for one rule, which was not selected.
    """
    if tried < 2:
        return 0.0
    first, second = _NORMAL.inv_cdf(1 - 1 / tried), _NORMAL.inv_cdf(1 - 1 / (tried * e))
    return deviation * ((1 - EULER) * first + EULER * second)


def deflated_sharpe(found: Moments, tried: int) -> float | None:
    """The chance that the ratio is more than the luck of the best of `tried` rules.

    The variance of the tried rules' ratios is not known here, so that of a worthless rule's ratio
    over as many bars, 1 / (T - 1), stands for it. None where the ratio is not defined.
    """
    if found.count < 2:
        return None
    return probabilistic_sharpe(found, expected_best(tried, 1 / sqrt(found.count - 1)))


def _standard_error(found: Moments) -> float | None:
    ratio = found.sharpe
    if ratio is None:
        return None
    spread = 1 - found.skewness * ratio + (found.kurtosis - 1) / 4 * ratio**2
    return sqrt(spread / (found.count - 1)) if spread > 0 else None
