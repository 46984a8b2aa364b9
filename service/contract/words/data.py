"""What is said of the data, the machine and what was measured."""

from enum import StrEnum


class Policy(StrEnum):
    """What advice follows where published comparisons and the founding guides differ.

    `evidence`: the comparisons, and the guides where there is none. `guides`: the guides alone.
    """

    EVIDENCE = "evidence"
    GUIDES = "guides"


class SizeWord(StrEnum):
    """A dataset size in one word."""

    TINY = "tiny"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    HUGE = "huge"


class DatasetBand(StrEnum):
    """A dataset size as the rules see it: examples and examples per class together."""

    TINY = "tiny"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    HUGE = "huge"
    MASSIVE = "massive"


class SimilarityLevel(StrEnum):
    """A similarity in one word."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ComputeKind(StrEnum):
    """What there is to train on, in one word."""

    CPU = "cpu"
    CONSUMER_GPU = "consumer-gpu"
    DATACENTER_GPU = "datacenter-gpu"
    MULTI_GPU = "multi-gpu"


class Framework(StrEnum):
    """What the trainer is written in."""

    ANY = "any"
    PYTORCH = "pytorch"
    KERAS = "keras"
    JAX = "jax"


class Distinction(StrEnum):
    """What tells the classes apart.

    `coarse`: kinds of things; `fine`: sub-kinds told by small parts; `geometric`: number, distance, position or pose.
    """

    COARSE = "coarse"
    FINE = "fine"
    GEOMETRIC = "geometric"


class LabelsPerExample(StrEnum):
    """How many labels one example carries: one of the classes, or any number of them."""

    ONE = "one"
    SEVERAL = "several"


class Metric(StrEnum):
    """What a score measures; its row says whether higher or lower is better. The last two words are for any other."""

    ACCURACY = "accuracy"
    F1 = "f1"
    AUC = "auc"
    AVERAGE_PRECISION = "average-precision"
    IOU = "iou"
    RECALL = "recall"
    NDCG = "ndcg"
    CORRELATION = "correlation"
    BLEU = "bleu"
    ROUGE = "rouge"
    SUCCESS_RATE = "success-rate"
    ERROR_RATE = "error-rate"
    WORD_ERROR_RATE = "word-error-rate"
    CHARACTER_ERROR_RATE = "character-error-rate"
    LOSS = "loss"
    PERPLEXITY = "perplexity"
    MAE = "mae"
    RMSE = "rmse"
    MASE = "mase"
    QUANTILE_LOSS = "quantile-loss"
    HIGHER_IS_BETTER = "higher-is-better"
    LOWER_IS_BETTER = "lower-is-better"


class TargetShift(StrEnum):
    """How the target differs from the source: in its pixels or sound, in its patterns, or in its labels alone."""

    INPUT_LEVEL = "input-level"
    FEATURE_LEVEL = "feature-level"
    OUTPUT_LEVEL = "output-level"
