"""What a plan says of blocks, and what is said beside it."""

from enum import StrEnum


class LayoutCertainty(StrEnum):
    """What the order of a model's blocks rests on, best first.

    verified: compared with the library's own model. structure: numbered siblings and well-known names. order: for some
    parts, the order of the list alone. count: a number of layers without names.
    """

    VERIFIED = "verified"
    STRUCTURE = "structure"
    ORDER = "order"
    COUNT = "count"


class Protection(StrEnum):
    """How pretrained weights are kept from being lost: not trained, trained slowly, both, or not at all."""

    HARD = "hard"
    SOFT = "soft"
    BOTH = "hard-and-soft"
    NONE = "none"


class BlockState(StrEnum):
    """What training does to a block."""

    FROZEN = "frozen"
    LOW_RATE = "low-rate"
    FULL_RATE = "full-rate"


class BlockKind(StrEnum):
    """Where a block sits."""

    STEM = "stem"
    BLOCK = "block"
    NORM = "norm"
    NECK = "neck"
    HEAD = "head"


class Grade(StrEnum):
    """How well a claim is supported.

    A measured; B shipped default of a maintained library; C agreed by guides; D judgement.
    """

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class InputOrigin(StrEnum):
    """Where a resolved input comes from."""

    GIVEN = "given"
    DERIVED = "derived"
    ASSUMED = "assumed"


class Severity(StrEnum):
    """How much a notice should worry its reader."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Degree(StrEnum):
    """An amount that nobody measured, in three words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Likelihood(StrEnum):
    """How likely a risk is for this request."""

    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    LIKELY = "likely"
    OBSERVED = "observed"
