"""The run at a glance, beside every plan: what one looks for first, and would have to gather from several parts."""

from service.contract.base import Response
from service.contract.words import BlockState


class BlockSpan(Response, frozen=True):
    """Neighbouring blocks of one state, both ends included.

    `params` counts their numbers, `null` where one of them is not known. `low_rate` and `high_rate` are the lowest and
    the highest peak rate among them, `null` where the rates are not known.
    """

    state: BlockState
    first: int
    last: int
    first_name: str
    last_name: str
    params: int | None
    low_rate: float | None
    high_rate: float | None


class PlanSummary(Response, frozen=True):
    """All phases together, and the plan's few numbers that a person asks for.

    `epochs` are passes over the labelled data and `steps` optimizer steps, of all phases; `null` where the length is
    not known. `batch_size` is of one optimizer step, `micro_batch` what one device sees at a time; both are `null`
    where nothing is trained. `trainable` counts the parameters of the last phase, adapters included. `blocks` are all
    blocks from stem to head, empty where nothing tells how the model is built.
    """

    phases: int
    epochs: float | None
    steps: int | None
    batch_size: int | None
    micro_batch: int | None
    lora_rank: int | None
    trainable: int | None
    blocks: list[BlockSpan]
