"""What a trainer is told of the run as it is set up, and what of it it cannot express."""

from service.contract.words import Attention, Loss, Method, Precision, Sharding, Task
from service.dialects.plan import Plan
from service.dialects.takes import Takes, Told
from service.dialects.words.schedule_words import held_otherwise

OTHER_OBJECTIVES = {
    Task.PREFERENCE_TUNING: "The plan learns from pairs of a chosen and a rejected text, and Trainer from single ones: "
    "give these settings to TRL's DPOTrainer.",
    Task.REWARD_MODELLING: "The plan learns from pairs of a chosen and a rejected text, and this trainer from single "
    "ones: give these settings to TRL's RewardTrainer.",
    Task.SENTENCE_SIMILARITY: "The plan learns from pairs with the batch as negatives, and this trainer from single "
    "texts: sentence-transformers has that loss.",
}
"""Tasks whose loss is none of a model's own."""

ON_PAIRS = (
    "The plan trains on pairs of texts, and this export on single labels: sentence-transformers, and SetFit on top of "
    "it, form the pairs."
)
IN_BITS = "The base is sized in {} bits, and this trainer is not told to load it so: load it quantised yourself."
WITHOUT_ADAPTER = "Trainer refuses a quantised model without an adapter: compute the features once, and fit a head."
ANEW = (
    "The run was sized with blocks computed anew in the backward pass: turn that on in your own loop "
    "(torch.utils.checkpoint, set_grad_checkpointing, keras.remat, jax.checkpoint)."
)
SHARDED = "The run was sized with its states sharded over {} devices: start it under {}."
STARTED = {
    Sharding.ZERO_1: "DeepSpeed ZeRO-1",
    Sharding.ZERO_2: "DeepSpeed ZeRO-2",
    Sharding.SHARDED: "FSDP or DeepSpeed ZeRO-3",
}
STAGES = {Sharding.ZERO_1: 1, Sharding.ZERO_2: 2, Sharding.SHARDED: 3}
"""DeepSpeed's stages of ZeRO."""

SHARDED_BITS = "Under ZeRO-3 the base in 4 bits must be stored in the run's 16 bits: bnb_4bit_quant_storage."
EAGER = "The run was sized with attention that stores its scores: load the model with eager attention."
LAUNCHED = (
    "Start {0} processes, one for each device (torchrun --nproc-per-node {0}): the batch of a step is {1} x {2} x {0}."
)
OWN_LOSS = {
    Loss.WEIGHTED_CROSS_ENTROPY: "The loss is cross-entropy with a weight for each class",
    Loss.BINARY_CROSS_ENTROPY: "The loss is a binary cross-entropy for each class",
    Loss.WEIGHTED_BINARY_CROSS_ENTROPY: "The loss is a binary cross-entropy for each class, with positive weights",
}
WHOLE_BATCHES = "The loader must leave out the last incomplete batch: drop_last=True of PyTorch's DataLoader."
GIVEN = "{}: it is yours to give, the trainer's own counts all classes alike."


def changed_by_setup(takes: Takes, plan: Plan) -> list[str]:
    """What of the setup a trainer cannot express and what therefore changes what is trained."""
    setup = plan.setup
    pairs = setup.method is Method.CONTRASTIVE_FEW_SHOT and not takes.pairs
    losses = [ON_PAIRS] if pairs else []
    prefers = plan.task is Task.PREFERENCE_TUNING and takes.preferences
    if plan.task is not None and plan.task in OTHER_OBJECTIVES and takes.loads and not prefers:
        losses.append(OTHER_OBJECTIVES[plan.task])
    if setup.quantised_bits is not None and not takes.loads:
        losses.append(IN_BITS.format(setup.quantised_bits))
    elif setup.quantised_bits is not None and not plan.adapter:
        losses.append(WITHOUT_ADAPTER)
    return losses


def left_by_setup(takes: Takes, plan: Plan) -> list[str]:
    """What of the setup a trainer leaves to whoever starts it. None of it changes what is trained."""
    setup = plan.setup
    losses: list[str] = []
    if setup.devices is not None and setup.devices > 1:
        losses.append(LAUNCHED.format(setup.devices, setup.per_device_batch, setup.accumulation))
    if setup.checkpointing and not takes.settings:
        losses.append(ANEW)
    if setup.sharding is not None and setup.sharding in STARTED and not takes.settings:
        losses.append(SHARDED.format(setup.devices, STARTED[setup.sharding]))
    if setup.sharding is Sharding.SHARDED and setup.quantised_bits and takes.settings and not takes.quantises_storage:
        losses.append(SHARDED_BITS)
    if setup.attention is Attention.EAGER and not takes.loads:
        losses.append(EAGER)
    losses += held_otherwise(takes, plan.schedule.optimizer)
    if setup.loss is not None and setup.loss in OWN_LOSS:
        losses.append(GIVEN.format(OWN_LOSS[setup.loss]))
    if plan.schedule.drop_last:
        losses.append(WHOLE_BATCHES)
    return losses


def told_setup(plan: Plan) -> Told:
    """The setup for a loop of the caller's own."""
    setup = plan.setup
    return {
        "precision": setup.precision.value,
        "per_device_batch": setup.per_device_batch,
        "accumulation": setup.accumulation,
        "devices": setup.devices,
        "checkpointing": setup.checkpointing,
        "sharding": setup.sharding.value if setup.sharding else None,
        **({"attention": setup.attention.value} if setup.attention is Attention.EAGER else {}),
        "loss": setup.loss.value if setup.loss else None,
    }


def computed_anew(plan: Plan) -> Told:
    """The arguments of transformers' kin that compute blocks anew; none where they are kept."""
    if not plan.setup.checkpointing:
        return {}
    return {"gradient_checkpointing": True, "gradient_checkpointing_kwargs": {"use_reentrant": False}}


def zero_stage(plan: Plan) -> Told:
    """The argument of transformers' kin that shares states by DeepSpeed; none where nothing is shared.

    What is "auto" there DeepSpeed takes from the other arguments.
    """
    stage = STAGES.get(plan.setup.sharding) if plan.setup.sharding else None
    if stage is None:
        return {}
    config: Told = {
        "zero_optimization": {"stage": stage},
        "bf16": {"enabled": "auto"},
        "fp16": {"enabled": "auto"},
        "gradient_clipping": "auto",
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto",
        "zero_allow_untested_optimizer": True,
    }
    return {"deepspeed": config}


def half_precision(plan: Plan) -> Told:
    """The flag of transformers' kin for mixed precision; none in 32 bits."""
    match plan.setup.precision:
        case Precision.BF16_MIXED:
            return {"bf16": True}
        case Precision.FP16_MIXED:
            return {"fp16": True}
        case Precision.FP32:
            return {}
