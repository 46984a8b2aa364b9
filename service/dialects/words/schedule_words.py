"""What every export says about groups, and how a call is written."""

from collections.abc import Mapping

from service.contract.schedule import ScheduleGroup
from service.contract.words import Optimizer
from service.dialects.takes import Takes, Told


def trained(groups: list[ScheduleGroup]) -> list[ScheduleGroup]:
    """The groups that have a rate; frozen ones stay out of the optimizer. Raises ValueError where there are none."""
    if not (found := [group for group in groups if group.peak_rate > 0]):
        raise ValueError("no group is trained")
    return found


def peak_rates(groups: list[ScheduleGroup]) -> Told:
    """Group name to peak rate."""
    return {group.name: group.peak_rate for group in trained(groups)}


def weight_decays(groups: list[ScheduleGroup]) -> Told:
    """Group name to weight decay."""
    return {group.name: group.weight_decay for group in trained(groups)}


def highest(groups: list[ScheduleGroup]) -> float:
    """The rate that the curve's factor of 1 stands for."""
    return max(group.peak_rate for group in trained(groups))


def strongest_decay(groups: list[ScheduleGroup]) -> float:
    """The weight decay of a trainer that has one for all groups."""
    return max(group.weight_decay for group in trained(groups))


def losses_of_optimizer(optimizer: Optimizer, groups: list[ScheduleGroup]) -> list[str]:
    """What the schedule leaves open of the optimizer, in every dialect."""
    losses: list[str] = []
    if any(group.weight_decay > 0 for group in trained(groups)):
        losses.append("Norms and biases are not groups of their own here: leave them out of weight decay yourself.")
    if optimizer is Optimizer.SGD:
        losses.append("Momentum is not set here: published rates for SGD assume 0.9.")
    if optimizer is Optimizer.ADAFACTOR:
        losses.append(
            "Adafactor scales rates by itself unless its relative steps and parameter scaling are turned off."
        )
    return losses


HELD = {
    Optimizer.ADAMW_FUSED: "AdamW is to run fused: give it fused=True.",
    Optimizer.ADAMW_8BIT: "AdamW's moments are to be held in 8 bits: put AdamW8bit of bitsandbytes in its place.",
    Optimizer.PAGED_ADAMW_8BIT: "AdamW's moments are to be held in 8 bits, in pages: put PagedAdamW8bit of "
    "bitsandbytes in its place.",
}


def held_otherwise(takes: Takes, optimizer: Optimizer) -> list[str]:
    """What is lost with a trainer that is told plain AdamW in place of one that holds its state otherwise."""
    return [HELD[optimizer]] if optimizer in HELD and not takes.settings else []


def one_rate_losses(groups: list[ScheduleGroup], way_out: str) -> list[str]:
    """What is lost with a trainer that has one rate for all groups."""
    rates = {group.peak_rate for group in trained(groups)}
    return [f"One rate for all: {len(rates)} rates become the highest. {way_out}"] if len(rates) > 1 else []


def one_decay_losses(groups: list[ScheduleGroup]) -> list[str]:
    """What is lost with a trainer that has one weight decay for all groups."""
    decays = {group.weight_decay for group in trained(groups)}
    return ["One weight decay for all: the groups' become the highest."] if len(decays) > 1 else []


def keywords(options: Mapping[str, object]) -> str:
    """Keyword arguments as they stand in a call."""
    return ", ".join(f"{name}={value!r}" for name, value in options.items())
