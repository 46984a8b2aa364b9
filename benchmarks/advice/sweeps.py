"""What a rate loses in a published sweep."""

import math
from itertools import pairwise

from benchmarks.advice.tables import Sweep


def lost_points(one: Sweep, rate: float) -> float:
    """The loss at the tried rate that is nearest, by ratio, to this one; of two equally near the lower."""
    return one.lost[min(one.lost, key=lambda tried: (round(abs(math.log(tried / rate)), 9), tried))]


def lost_between(one: Sweep, rate: float) -> float:
    """The loss read on a straight line, in the logarithm of the rate, between the two tried rates about this one."""
    tried = sorted(one.lost)
    within = min(max(rate, tried[0]), tried[-1])
    low, high = next(pair for pair in pairwise(tried) if within <= pair[1])
    share = math.log(within / low) / math.log(high / low)
    return one.lost[low] * (1 - share) + one.lost[high] * share
