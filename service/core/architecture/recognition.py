"""What names and shapes tell of a model beside its order: its family, its norm, and what an adapter suits."""

import re
from collections import Counter
from collections.abc import Iterator

from service.contract.words import BlockKind, Family, NormKind, Objective
from service.core.architecture.module_tree import Tensor
from service.core.architecture.order.run_order import Unit
from service.core.architecture.parameter_list import Listing
from service.knowledge.index import Knowledge
from service.knowledge.rows import Lineage

SEPARATORS = re.compile(r"[./]")

GATES = ("gate",)
WEIGHTS = (".weight", "/kernel")
SCANNED = ".D"
"""How the name of the skip beside Mamba's scan ends."""

FUSED_ATTENTION = (".in_proj_weight", ".q_proj_weight")
"""How names end that tell torch's `nn.MultiheadAttention`, with one width and with several."""

CONVOLUTION = 4
"""Dimensions of the weight of a convolution over images."""

SEQUENCE_CONVOLUTION = 3
"""Dimensions of the weight of a convolution over sounds or series."""

BOTH = 2
"""Weight and bias."""

PATCH_CONVOLUTIONS = 2
"""As many may cut a picture into patches below a plain transformer."""

MATRIX = 2
"""Dimensions of the weight of a linear layer."""

EXPERTS = "experts"
"""The module that holds the experts of a mixture; those that all tokens share are linear layers and stand beside it."""

CONVOLUTIONAL = (Family.CNN, Family.CONVNEXT)
"""Families whose linear layers outside attention no adapter is reported to suit."""

TELLING = (
    Lineage.ATTENTION,
    Lineage.DECODER,
    Lineage.PATCH_EMBEDDING,
    Lineage.POSITION_EMBEDDING,
    Lineage.SOUND,
    Lineage.TEXT_ENCODER,
)
"""What names tell of a family by their words, wherever these stand."""

NORMS = ((Lineage.BATCH_NORM, NormKind.BATCH), (Lineage.GROUP_NORM, NormKind.GROUP))
"""Norms that have words of their own; what is called a norm otherwise is no batch norm."""


def nearest_family(listing: Listing) -> tuple[Family, str]:
    """What to take a model for whose names tell no family: what it computes with mostly, if that tells."""
    conv = sum(tensor.count for tensor in listing.tensors if len(tensor.shape) >= CONVOLUTION)
    whole = sum(tensor.count for tensor in listing.tensors)
    if 2 * conv > whole:
        return Family.CNN, "most of its parameters are in convolutions"
    return Family.UNKNOWN, "neither the names nor convolutions tell it"


def recognise_family(units: list[Unit], listing: Listing, know: Knowledge) -> tuple[Family | None, str]:
    """The family, and why; None where the names do not tell. Only well-known kinds are recognised."""
    text, single = "\n".join(tensor.name for tensor in listing.tensors), "\n".join(listing.parts)
    towers = {unit.tower for unit in units if unit.is_block}
    conv = sum(tensor.count for tensor in listing.tensors if len(tensor.shape) == 4)
    whole = sum(tensor.count for tensor in listing.tensors)
    tells = {kind: any(word in (text if "." in word else single) for word in know.lineage[kind]) for kind in TELLING}
    attends, patches = tells[Lineage.ATTENTION], tells[Lineage.PATCH_EMBEDDING]
    words = not listing.parts.isdisjoint(know.lineage[Lineage.WORD_EMBEDDING])  # a `shared_net` embeds none
    if tells[Lineage.SOUND]:
        return Family.SPEECH_ENCODER, "a convolutional front end for sound"
    writes = tells[Lineage.DECODER] and attends
    if words and patches and (writes or len(towers) > 1):
        return (Family.DECODER_LM, "a language model that sees") if writes else (None, "several towers")
    if words and len([tower for tower in towers if tower and tower.rpartition(".")[2] in ("encoder", "decoder")]) == 2:
        if any(len(tensor.shape) == SEQUENCE_CONVOLUTION for tensor in listing.tensors):
            return Family.SPEECH_SEQ2SEQ, "an encoder with convolutions over sound, word embeddings and a decoder"
        return Family.ENCODER_DECODER, "word embeddings, an encoder and a decoder"
    if words and (attends or tells[Lineage.POSITION_EMBEDDING]):
        if all("decoder" in SEPARATORS.split(tower or "") for tower in towers):
            return Family.DECODER_LM, "word embeddings and a decoder alone"
        return _text_family(tells)
    if patches and attends:
        return Family.VISION_TRANSFORMER, "patch embeddings and attention"
    if conv > whole / 2 and not attends:
        return Family.CNN, "most parameters are in two-dimensional convolutions"
    if any(len(tensor.shape) == 4 and tensor.shape[1] == 1 and tensor.shape[-1] == 7 for tensor in listing.tensors):
        return Family.CONVNEXT, "depth-wise convolutions of width 7 and wide linear layers"
    return None, "the names tell no family"


def recognise_objective(listing: Listing, know: Knowledge) -> Objective | None:
    """How models with such names of modules were pretrained; None where no name tells it."""
    told = {Objective(kind): know.lineage[kind] for kind in (Lineage.REPLACEMENT, Lineage.RECONSTRUCTION)}
    if listing.parts.isdisjoint(name for names in told.values() for name in names):
        return None
    parts = {part for tensor in listing.tensors for part in SEPARATORS.split(tensor.name)[:2]}
    return next((objective for objective, names in told.items() if not parts.isdisjoint(names)), None)


def _text_family(tells: dict[Lineage, bool]) -> tuple[Family | None, str]:
    """Text encoders have position or token-type embeddings and no causal decoder's names."""
    if tells[Lineage.DECODER]:
        return Family.DECODER_LM, "word embeddings and the layers of a decoder"
    if tells[Lineage.TEXT_ENCODER]:
        return Family.TEXT_ENCODER, "word embeddings and an encoder"
    return None, "the names tell no family"


def recognise_norm(listing: Listing, know: Knowledge) -> tuple[NormKind | None, str]:
    """How the backbone normalises, by buffers or by name; None where a norm may be a batch norm.

    A list of parameters does not show running statistics, and none of a batch norm without weights. So layer norm is
    concluded only where every norm has a name that means it, or no convolution stands beside attention.
    """
    if listing.batch_norm:
        return NormKind.BATCH, "the file holds running statistics"
    held = list(_vectors(listing))
    norms = [(owner, biased) for _, owner, biased in held if biased or _norm_of(owner, know)]
    kinds = Counter(_norm_of(owner, know) for owner, _ in norms)
    if NormKind.BATCH in kinds:
        return NormKind.BATCH, "some norms have the names of batch norms"
    shown = listing.buffers is not None
    if not kinds:
        return (NormKind.NONE, "no block holds a norm") if shown else (None, "no norm has parameters")
    if not shown and None in kinds:
        return None, "a norm without a norm's name may be a batch norm"
    norm = kinds.most_common(1)[0][0] or NormKind.LAYER
    if norm is not NormKind.LAYER:
        return norm, "by the names of the norms"
    words = " ".join(owner for owner, _ in norms)
    if not any(biased for _, biased in norms) and any(word in words for word in know.lineage[Lineage.RMS_NORM]):
        return NormKind.RMS, "norms without biases, by the names of a language model"
    layered = all(_is_layered(owner, know) for owner, _ in norms)
    convolutions = sum(len(tensor.shape) >= SEQUENCE_CONVOLUTION for tensor in listing.tensors)
    attends = any(word in tensor.name for tensor in listing.tensors for word in know.lineage[Lineage.ATTENTION])
    beside = _beside_waves(listing, {place for place, owner, _ in held if not _is_layered(owner, know)})
    if shown or layered or (attends and convolutions <= PATCH_CONVOLUTIONS and not beside):
        return norm, "by the names of the norms"
    return None, "the name of a norm does not tell that it is no batch norm"


def _is_layered(owner: str, know: Knowledge) -> bool:
    """Whether a norm's name means that it is a layer norm."""
    return any(word in owner for word in know.lineage[Lineage.LAYER_NORM])


def _beside_waves(listing: Listing, places: set[str]) -> bool:
    """Whether one of these norms stands in a module with a convolution over a sequence, as batch norms do."""
    owners = (tensor.name.rpartition(".")[0] for tensor in listing.tensors if len(tensor.shape) == SEQUENCE_CONVOLUTION)
    waves = {owner.rpartition(".")[0] for owner in owners}
    return any(place.rpartition(".")[0] in waves for place in places)


def _vectors(listing: Listing) -> Iterator[tuple[str, str, bool]]:
    """The modules that hold vectors alone: their name, its last part, and whether there is a bias of equal length.

    A batch norm with parameters has both.
    """
    held: dict[str, list[Tensor]] = {}
    for tensor in listing.tensors:
        held.setdefault(tensor.name.replace("/", ".").rpartition(".")[0], []).append(tensor)
    for place, tensors in held.items():
        if place and all(len(tensor.shape) == 1 for tensor in tensors):
            biased = len(tensors) == BOTH and tensors[0].shape == tensors[1].shape
            yield place, place.rpartition(".")[2].lower(), biased


def _norm_of(owner: str, know: Knowledge) -> NormKind | None:
    """The norm that a module of this name is; None for other modules."""
    for kind, norm in NORMS:
        if any(word in owner for word in know.lineage[kind]):
            return norm
    return NormKind.LAYER if "norm" in owner or owner.startswith("ln") else None


def keeps_head(units: list[Unit], family: Family | None, know: Knowledge) -> bool:
    """Whether a listed head is the pretrained vocabulary projection of a generator, and no new head.

    In a model of no known family it is where it gives a score to each row of an embedding of its own width.
    """
    heads = [node for unit in units if unit.kind is BlockKind.HEAD for node in unit.nodes]
    if family in (Family.DECODER_LM, Family.ENCODER_DECODER):
        return bool(heads) and {node.name for node in heads} <= set(know.lineage[Lineage.VOCABULARY_HEAD])
    scores = [tensor.shape for node in heads for tensor in node.all_tensors() if tensor.is_matrix]
    stems = [node for unit in units if unit.kind is BlockKind.STEM for node in unit.nodes]
    tables = {tensor.shape for node in stems for tensor in node.all_tensors() if len(tensor.shape) == MATRIX}
    return family is Family.UNKNOWN and len(scores) == 1 and scores[0] in tables


def linear_targets(
    units: list[Unit], listing: Listing, family: Family | None, know: Knowledge
) -> tuple[tuple[str, ...], int | None]:
    """The layers that an adapter suits by the ends of their names, and the sum of their inputs and outputs.

    In language models these are all linear layers within blocks; in others attention's queries and values, or all
    where no name tells these and the family is no convolutional one or has torch's own attention. LoRA matches a module
    whose name ends in a target: an end that also names a layer outside the blocks, a convolution, an embedding or a
    router is left out, and so is the output of Mamba and of torch's own attention: they take that weight themselves,
    past an adapter.
    """
    tails = [node for unit in units if not unit.is_block for node in unit.nodes]
    outside = {_end(tensor) for node in tails for tensor in node.all_tensors() if tensor.is_matrix}
    widths: dict[str, int] = {}
    for tensor in listing.tensors:
        if tensor.is_matrix:
            end = _end(tensor)
            widths[end] = widths.get(end, 0) + sum(tensor.shape)
            if len(tensor.shape) > MATRIX:
                outside.add(end)
    fused = any(tensor.name.endswith(FUSED_ATTENTION) for tensor in listing.tensors)
    if fused or any(tensor.name.endswith(SCANNED) for tensor in listing.tensors):
        outside.add("out_proj")
    kept = {end: width for end, width in widths.items() if end not in outside and _adapts(end, know)}
    queries = kept.keys() & set(know.lineage[Lineage.QUERY_AND_VALUE])
    if family is not Family.DECODER_LM and (queries or (family in CONVOLUTIONAL and not fused)):
        kept = {end: kept[end] for end in queries}
    return tuple(sorted(kept)), sum(kept.values()) if kept else None


def beyond_linear(units: list[Unit]) -> int:
    """Numbers of the blocks that no linear layer holds: of convolutions, and of experts, whose matrices lie stacked.

    Files of experts hold a matrix each, which the library stacks when it loads them.
    """
    tensors = (t for unit in units if unit.is_block for node in unit.nodes for t in node.all_tensors())
    return sum(t.count for t in tensors if len(t.shape) > MATRIX or EXPERTS in t.name.split("."))


def _adapts(end: str, know: Knowledge) -> bool:
    """Whether a layer of this name may be a linear layer that an adapter suits."""
    aside = know.lineage[Lineage.NOT_ADAPTED]
    return bool(end) and not end.isdigit() and end not in GATES and not any(word in end for word in aside)


def _end(tensor: Tensor) -> str:
    """The last part of the name of the layer whose weight this is; empty for other parameters."""
    if not tensor.name.endswith(WEIGHTS):
        return ""
    return tensor.name.replace("/", ".").rpartition(".")[0].rpartition(".")[2]
