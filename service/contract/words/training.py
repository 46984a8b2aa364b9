"""How a model is trained."""

from enum import StrEnum


class Strategy(StrEnum):
    """How much of a pretrained model is trained."""

    ZERO_SHOT = "zero-shot"
    FEATURE_EXTRACTION = "feature-extraction"
    PARTIAL = "partial-fine-tuning"
    FULL = "full-fine-tuning"
    PARAMETER_EFFICIENT = "parameter-efficient"
    FROM_SCRATCH = "from-scratch"


class Method(StrEnum):
    """How a strategy is carried out.

    `contrastive-few-shot` tunes a sentence encoder on pairs of labelled texts and fits a small classifier on it;
    `probe-then-fine-tune` fits the head on the frozen backbone to the end before anything else is trained.
    `class-means` gives an example the class whose mean of frozen features, scaled to length one, is nearest by cosine;
    `nearest-neighbours` the class of the nearest labelled example. Neither trains anything.
    """

    ZERO_SHOT = "zero-shot"
    NEAREST_NEIGHBOURS = "nearest-neighbours"
    CLASS_MEANS = "class-means"
    LINEAR_PROBE = "linear-probe"
    CONTRASTIVE_FEW_SHOT = "contrastive-few-shot"
    ADAPTERS = "adapters"
    PARTIAL = "partial-fine-tuning"
    PROBE_THEN_FINE_TUNE = "probe-then-fine-tune"
    FULL = "full-fine-tuning"
    FROM_SCRATCH = "from-scratch"


STRATEGY_OF = {
    Method.ZERO_SHOT: Strategy.ZERO_SHOT,
    Method.LINEAR_PROBE: Strategy.FEATURE_EXTRACTION,
    Method.NEAREST_NEIGHBOURS: Strategy.FEATURE_EXTRACTION,
    Method.CLASS_MEANS: Strategy.FEATURE_EXTRACTION,
    Method.ADAPTERS: Strategy.PARAMETER_EFFICIENT,
    Method.PARTIAL: Strategy.PARTIAL,
    Method.FULL: Strategy.FULL,
    Method.PROBE_THEN_FINE_TUNE: Strategy.FULL,
    Method.CONTRASTIVE_FEW_SHOT: Strategy.FULL,
    Method.FROM_SCRATCH: Strategy.FROM_SCRATCH,
}
"""The strategy that each method carries out; the first method of a strategy is its usual one."""


class Optimizer(StrEnum):
    """What turns gradients into steps.

    The last three step as AdamW does: `adamw-fused` in one kernel, `adamw-8bit` with moments of one byte,
    `paged-adamw-8bit` with such moments in pages that the host holds where the device has no room.
    """

    ADAMW = "adamw"
    ADAM = "adam"
    SGD = "sgd"
    ADAFACTOR = "adafactor"
    ADAMW_FUSED = "adamw-fused"
    ADAMW_8BIT = "adamw-8bit"
    PAGED_ADAMW_8BIT = "paged-adamw-8bit"


STEPS_AS = {one: Optimizer.ADAMW if one.value.removeprefix("paged-").startswith("adamw") else one for one in Optimizer}
"""The optimizer whose rates and decay hold for each: those that only hold their state otherwise step as AdamW."""


class Attention(StrEnum):
    """How attention runs: `fused` computes its scores anew (SDPA, FlashAttention), `eager` stores all of them."""

    FUSED = "fused"
    EAGER = "eager"


class Precision(StrEnum):
    """In which numbers a run computes.

    `mixed`: weights are updated in 32 bits, passes run in 16; `bf16` has the range of 32 bits, `fp16` overflows at
    65,504 and needs its loss scaled.
    """

    FP32 = "fp32"
    BF16_MIXED = "bf16-mixed"
    FP16_MIXED = "fp16-mixed"


class MemoryPart(StrEnum):
    """What memory is taken for.

    `logits` are the scores of a vocabulary, `buffers` what the block at work needs, `overhead` what the driver's
    context takes and the allocator keeps back.
    """

    WEIGHTS = "weights"
    GRADIENTS = "gradients"
    OPTIMIZER = "optimizer-state"
    ADAPTERS = "adapters"
    HEAD = "head"
    ACTIVATIONS = "activations"
    LOGITS = "logits"
    BUFFERS = "buffers"
    OVERHEAD = "overhead"


class Sharding(StrEnum):
    """How devices share weights, gradients and optimizer state.

    Each holds all of them (`replicated`: DDP), or a part: of the optimizer state (`zero-1`), of the gradients too
    (`zero-2`), of all three (`sharded`: FSDP, ZeRO-3).
    """

    NONE = "none"
    REPLICATED = "replicated"
    ZERO_1 = "zero-1"
    ZERO_2 = "zero-2"
    SHARDED = "sharded"


class Loss(StrEnum):
    """What training makes small.

    `weighted` ones count the examples of rare classes more, in proportion to how rare these are; `binary` ones judge
    each class by itself; `pair-similarity` draws texts of one class together and others apart.
    """

    CROSS_ENTROPY = "cross-entropy"
    WEIGHTED_CROSS_ENTROPY = "weighted-cross-entropy"
    BINARY_CROSS_ENTROPY = "binary-cross-entropy"
    WEIGHTED_BINARY_CROSS_ENTROPY = "weighted-binary-cross-entropy"
    PAIR_SIMILARITY = "pair-similarity"


class CurveShape(StrEnum):
    """How the rate falls after warm-up."""

    LINEAR = "linear"
    COSINE = "cosine"
    COSINE_WITH_RESTARTS = "cosine-with-restarts"
    POLYNOMIAL = "polynomial"
    CONSTANT = "constant"
    STEP = "step"
    EXPONENTIAL = "exponential"
    INVERSE_SQUARE_ROOT = "inverse-square-root"
    ONE_CYCLE = "one-cycle"
    SLANTED_TRIANGULAR = "slanted-triangular"
    WARMUP_STABLE_DECAY = "warmup-stable-decay"
    TRI_STAGE = "tri-stage"
    REDUCE_ON_PLATEAU = "reduce-on-plateau"


class DecayKind(StrEnum):
    """How the last phase of warmup-stable-decay falls: `1-sqrt` is one less the root of the share that has passed."""

    LINEAR = "linear"
    COSINE = "cosine"
    ONE_MINUS_SQRT = "1-sqrt"


class WarmupKind(StrEnum):
    """How the rate rises at the start."""

    LINEAR = "linear"
    COSINE = "cosine"
    CONSTANT = "constant"
    NONE = "none"


class Trainer(StrEnum):
    """A trainer that a whole plan can be said to: what is frozen, at which rates, in which phases."""

    PYTORCH = "pytorch"
    TIMM = "timm"
    TRANSFORMERS = "transformers"
    SENTENCE_TRANSFORMERS = "sentence-transformers"
    KERAS = "keras"
    LIGHTNING = "lightning"
    OPTAX = "optax"
    AXOLOTL = "axolotl"
    LLAMA_FACTORY = "llama-factory"
