"""How many parameters train and how many are frozen, counted exactly."""

from service.contract.freeze import Adapter, BufferPolicy, FreezeBlock, FreezeCounts, FreezeShares, NormPolicy
from service.contract.words import BlockKind, State, Strategy

BUFFER_NAMES = frozenset(
    (
        "running_mean",
        "running_var",
        "num_batches_tracked",
        "position_ids",
        "token_type_ids",
        "relative_position_index",
        "relative_coords_table",
        "attn_mask",
        "inv_freq",
        "masked_bias",
        "e_score_correction_bias",
        "final_logits_bias",
        "layer_scalar",
        "slope_rate",
        "query_decay",
        "key_decay",
        "diagonal_decay",
        "balancing_biases",
        "empty_weight",
        "pos_idx_to_embed",
        "summary_idxs",
        "tid2eid",
        "act_scaling_factor",
        "fc_scaling_factor",
        "weight_scaling_factor",
        "weight_integer",
        "bias_integer",
        "input_min",
        "input_max",
        "output_min",
        "output_max",
        "std_bias",
        "std_scale",
        "norm_mean",
        "norm_std",
        "global_mean",
        "global_invstd",
    )
)
"""Last parts of the names under which torch, timm and transformers save what is no parameter."""

BUFFER_PATTERN = rf"(?:^|[./])(?:{'|'.join(sorted(BUFFER_NAMES))})$"


def shares(blocks: list[FreezeBlock]) -> FreezeShares:
    """Which share of the trunk is frozen."""
    trunk = [block for block in blocks if block.kind is not BlockKind.HEAD]
    closed = [block for block in trunk if block.state is State.FROZEN]
    whole = sum(block.params or 0 for block in trunk)
    known = whole > 0 and all(block.params is not None for block in trunk)
    return FreezeShares(
        blocks_frozen=round(len(closed) / len(trunk), 4) if trunk else 0.0,
        params_frozen=round(sum(block.params or 0 for block in closed) / whole, 4) if known else None,
    )


def count(blocks: list[FreezeBlock], trains: bool) -> FreezeCounts:
    """Exact counts; None where a part is not known. What adapters add is not counted here."""
    trunk = _sum([block for block in blocks if block.kind is not BlockKind.HEAD])
    if trunk is None:
        return FreezeCounts(total=None, trunk=None, head=None, trainable=None, frozen=None)
    head = _sum([block for block in blocks if block.kind is BlockKind.HEAD])
    frozen = _sum([block for block in blocks if block.state is State.FROZEN]) if head is not None else None
    if frozen is None:
        frozen = sum(block.params or 0 for block in blocks if block.state is State.FROZEN)
    total = None if head is None else trunk + head
    trainable = None if total is None else total - frozen
    if not trains:
        trainable = 0
    return FreezeCounts(total=total, trunk=trunk, head=head, trainable=trainable, frozen=frozen)


def trainable(blocks: list[FreezeBlock], train_blocks: list[int], adapter: Adapter | None) -> int | None:
    """How many parameters train in a phase. Under an adapter: its own, and those of a new head."""
    opened = _sum([blocks[index] for index in train_blocks])
    if opened is None or adapter is None:
        return opened
    return None if adapter.params is None else opened + adapter.params


def buffer_policy(norm: NormPolicy, buffers: int | None) -> BufferPolicy:
    """What becomes of tensors that are no parameters."""
    statistics = (
        "Running statistics of frozen blocks stay fixed: their batch-norm layers are in evaluation mode."
        if norm.frozen_statistics
        else "They follow the model's own code."
    )
    return BufferPolicy(BUFFER_PATTERN, buffers, f"No optimizer holds them, no count includes them. {statistics}")


def self_check(counts: FreezeCounts, norm: NormPolicy, strategy: Strategy, trains: bool) -> list[str]:
    """What a trainer should assert before the first step."""
    if not trains:
        return ["No parameter requires a gradient."]
    checks = [
        "Every parameter that requires a gradient is in exactly one optimizer group, and no other parameter is.",
        "Groups in the state frozen are left out of the optimizer: a rate of 0 is not freezing.",
    ]
    adapters = " beside those of the adapters" if strategy is Strategy.PARAMETER_EFFICIENT else ""
    if counts.trainable is not None:
        checks.insert(0, f"Exactly {counts.trainable} parameters{adapters} require a gradient in the last phase.")
    elif counts.frozen:
        checks.insert(0, f"Exactly {counts.frozen} parameters of the trunk and pretrained head require no gradient.")
    if norm.frozen_statistics:
        checks.append("Every batch-norm layer of a frozen block is in evaluation mode, also after model.train().")
    return checks


def _sum(blocks: list[FreezeBlock]) -> int | None:
    """The parameters of all these blocks, or None where one is not known."""
    total = 0
    for block in blocks:
        if block.params is None:
            return None
        total += block.params
    return total
