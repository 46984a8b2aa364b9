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


def lost_on_the_whole(one: Sweep, rate: float) -> float:
    """What a rate is fitted by: the mean of the loss at the nearest rate tried and of that read between two tried.

    The first alone does not see how near a rate is to the next one that destroys, the second alone punishes whatever
    was not tried.
    """
    return (lost_points(one, rate) + lost_between(one, rate)) / 2
