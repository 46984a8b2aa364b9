"""Models in another form than their own: an adapter put around them, sharded, or with quantised weights."""

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import UNSET

from service.contract.job import JobSafetensorsEntry
from service.contract.problem import ProblemFault
from service.core.architecture.parameter_list import INTEGERS, METADATA
from service.core.rules.refusal import fault
from service.core.rules.resolved_inputs import member
from service.knowledge.index import Knowledge

Named = list[tuple[str, list[int]]]
"""Names with their shapes."""

WRAPPED = {
    "An adapter has been put around this: give the parameters of the model before get_peft_model.": {
        "base_layer": r"(?<=[./])base_layer(?=[./]\D)",
        "modules_to_save": "modules_to_save",
        "prompt_e": r"prompt_embeddings|prompt_encoder\.default",
        "adaption_prompt": "adaption_prompt",
        "lora_": r"lora_\w+",
        "hada_w": r"hada_w\w+",
        "lokr_w": r"lokr_w\w+",
        "oft_": r"b?oft_[Rrs]\w*",
        "vera_lambda_": r"vera_lambda_\w+",
        "hra_u": "hra_u",
        "fourierft_spectrum": "fourierft_spectrum",
        "ia3_l": "ia3_l",
    },
    "FSDP has made one of several parameters: list the model before it is wrapped, or with use_orig_params.": {
        "flat_param": "_?flat_param",
    },
}
"""Parts of names that tell of a wrapped model, by what to give instead, each with what stands in all of its forms.

`base_layer` stands in every layer that PEFT wraps, but is a list of layers in DLA; its methods' own words are those of
adapters saved alone."""

PATTERNS = {said: re.compile(f"(?:^|[./])(?:{'|'.join(forms.values())})(?:[./]|$)") for said, forms in WRAPPED.items()}

QUANTISED = re.compile(
    r"weight_packed|qweight|qzeros|weight_scales?(?:_inv|_2)?|input_scale|quant_state|(?:nested_)?absmax"
    r"|(?:nested_)?quant_map|SCB|bitsandbytes__(?:nf4|fp4)|(?:\w+:)?_data|\w*_qdata"
)
"""Last parts of names under which quantised weights and their scales are saved: bitsandbytes, GPTQ, compressed-tensors,
quanto, torchao, EETQ, NVFP4."""

COMPANIONS = (("_blocks", "_scales"), (".codes", ".codebooks"), (".indices", ".centroids.weight"), (".W_q", ".scale"))
"""How the names of packed weights end, and those of what unpacks them: MXFP4, AQLM, VPTQ, HQQ."""

PACKED = tuple(end for end, _ in COMPANIONS)

NARROW = ("I8", "I16", "I32", "U8", "U16", "U32")
"""Integers into which weights are packed. Buffers mostly hold the others."""

TRAINED = ("weight", "kernel")
"""Last parts of names of what trains in every model."""

FLAT = 1024
"""Rows of a matrix of one column from which it is taken for weights packed in four bits."""

BEFORE = "Quantised weights have other shapes: give the parameters of the model before quantisation."


def changed_forms(named: Named, pointer: Callable[[int, str], str]) -> Iterator[ProblemFault]:
    """Names and shapes of a model that something has been put around, or that was packed: they are not its own."""
    shapes = dict(named)
    text = "\n".join(shapes)
    wrapped = [(said, told) for said, forms in WRAPPED.items() if (told := [word for word in forms if word in text])]
    quantised = {last for last in {name.rpartition(".")[2] for name in shapes} if QUANTISED.fullmatch(last)}
    first_flat = min(_flat(shapes), default=None)
    for index, (name, _) in enumerate(named):
        for said, words in wrapped:
            if any(word in name for word in words) and PATTERNS[said].search(name):
                yield fault(pointer(index, name), said)
        packed = name.endswith(PACKED) and any(
            name.removesuffix(end) + other in shapes for end, other in COMPANIONS if name.endswith(end)
        )
        if packed or name == first_flat or name.rpartition(".")[2] in quantised:
            yield fault(pointer(index, name), BEFORE)


def _flat(shapes: Mapping[str, list[int]]) -> Iterator[str]:
    """Matrices of one column in which a layer's weights are packed: its bias tells it, or that most are such."""
    matrices = {name: shape for name, shape in shapes.items() if len(shape) == 2}
    columns = {name: rows for name, (rows, wide) in matrices.items() if wide == 1}
    most = 2 * sum(rows >= FLAT for rows in columns.values()) > len(matrices)
    for name, rows in columns.items():
        bias = shapes.get(name.removesuffix("weight") + "bias", [rows])
        if (most and rows >= FLAT) or bias not in ([rows], [1]):
            yield name


def packed_integers(header: dict[str, JobSafetensorsEntry], know: Knowledge) -> Iterator[ProblemFault]:
    """Weights of a file that are integers, and narrow integers that are neither a known buffer nor a mask."""
    for name, entry in header.items():
        last = name.replace("/", ".").rpartition(".")[2]
        if name == METADATA or entry.dtype not in INTEGERS or entry.shape is UNSET or last in know.buffers:
            continue
        if last in TRAINED or (entry.dtype in NARROW and len(entry.shape) > 1 and entry.shape[0] > 1):
            message = "These integers may be packed weights: give the model before quantisation, or leave out a buffer."
            yield fault(f"/source/safetensors{member(name)}/dtype", message)
