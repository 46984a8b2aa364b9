"""What a run computes and moves: operations, bytes, and blocks started, for each pass and each step."""

from msgspec import Struct

from service.contract.words import Sharding
from service.core.resources.memory import Need


class Work(Struct, frozen=True):
    """The work of one device. An example's `operations` and `moved` bytes grow with the batch.

    `carried` are the bytes of weights that each pass moves whatever the batch, `started` the blocks that it runs,
    forward and back. `stepped` are the bytes that the optimizer moves in a step. `exchanged` are the bytes that go to
    other devices: `exchanged_in_pass` in each pass, the rest in each step.
    """

    operations: float
    moved: float
    carried: float
    started: float
    stepped: float
    exchanged: float
    exchanged_in_pass: float


def work_of(need: Need) -> Work | None:
    """The work of a run as it is set up; None where operations do not follow from names and shapes.

    A forward pass goes through every block. Going back costs as much again for the gradients of what a block read, from
    the lowest block that a gradient reaches, and as much for those of its weights, where they train. Blocks that are
    computed anew are run forward twice, and started by a slower way. A frozen copy that the loss asks runs forward too.
    """
    footprint, number, first = need.footprint, need.know.number, need.first
    if footprint.operations_from is None:
        return None
    blocks, reached = len(footprint.operations_from) - 1, footprint.params_from[first]
    weighed = min(1.0, need.opened / reached) if reached else 0.0
    anew = 1.0 if need.checkpointing else 0.0
    forward = number("moved-per-kept-byte") / 3
    kept = footprint.moved_from
    held, share = need.held * need.rows[1].value, need.share_in_bits
    unpacked = held + (need.held * number("moved-per-quantised-parameter") - held) * share
    passes = (2 + anew if first < blocks else 1) + need.referred
    sharded = need.sharding is Sharding.SHARDED
    return Work(
        operations=footprint.operations_from[0] * (1 + need.referred)
        + footprint.operations_from[first] * (1 + weighed + anew)
        + footprint.scoring * (2 + weighed + need.referred),
        moved=(kept[0] * (1 + need.referred) + kept[first] * (2 + anew)) * forward * footprint.slower
        + footprint.logits * number("moved-per-scored-byte"),
        carried=unpacked * passes,
        started=(blocks * (1 + need.referred) + (blocks - first) * (1 + weighed + 2 * anew))
        * (number("adapters-start-slower") if need.adapter else 1),
        stepped=need.trained * number("moved-per-stepped-parameter") / need.shards[2],
        exchanged=0.0 if sharded or need.devices == 1 else 2 * 4.0 * need.trained,
        exchanged_in_pass=held * (1 - 0.75 * share) * passes if sharded else 0.0,
    )
