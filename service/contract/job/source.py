"""Where to start from: a pretrained model, named, listed or described."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from service.contract.base import Count, Name, Positive, Request, take_empty_as_left_out
from service.contract.words import Corpus, Domain, Family, Objective, Task

MOST_TENSORS = 20_000
"""Tensors of the largest model that a request may describe."""

Depth = Annotated[int, Meta(ge=1, le=2000, description="Number of layers or blocks below the head, which is added.")]
Dimension = Annotated[int, Meta(ge=0, le=2**40)]
PartName = Annotated[str, Meta(min_length=1, max_length=512, description="Parts of a name, joined by points.")]
TensorName = Annotated[str, Meta(min_length=1, max_length=512, description="As `model.named_parameters()` gives it.")]
TensorShape = Annotated[
    list[Dimension], Meta(max_length=16, description="Dimensions, from the first; none for a single number.")
]


class JobParameter(Request, frozen=True, gc=False):
    """One parameter of a model: `{"name": n, "shape": list(p.shape)}` for each of `model.named_parameters()`."""

    name: TensorName
    shape: TensorShape


class JobSafetensorsEntry(Struct, frozen=True, omit_defaults=True, gc=False):
    """One entry of a safetensors header: a tensor's `dtype`, `shape` and `data_offsets`.

    The entry `__metadata__` is no tensor and holds strings, usually a `format`. Members beside these are not looked at.
    """

    dtype: Annotated[str, Meta(description="Type of the tensor's numbers: F32, BF16, I64.")] | UnsetType = UNSET
    shape: TensorShape | UnsetType = UNSET
    data_offsets: (
        Annotated[list[Count], Meta(description="Where the tensor's bytes begin and end in the file; not looked at.")]
        | UnsetType
    ) = UNSET
    format: Annotated[str, Meta(description="Of `__metadata__`: the library that wrote the file.")] | UnsetType = UNSET


class JobSafetensorsIndex(Request, frozen=True):
    """A hub repository's `model.safetensors.index.json`, with the shape of every tensor that it names.

    `metadata` is taken so that the hub's file can be sent as it is; nothing reads it.
    """

    weight_map: Annotated[
        dict[str, str], Meta(max_length=MOST_TENSORS, description="File of each tensor, by the tensor's name.")
    ]
    shapes: Annotated[
        dict[str, TensorShape], Meta(max_length=MOST_TENSORS, description="Shape of each tensor, by the tensor's name.")
    ]
    metadata: Annotated[dict[str, Any], Meta(description="As the index has it; not looked at.")] | UnsetType = UNSET


class JobSource(Request, frozen=True):
    """Where to start from.

    A pretrained model is given in one of these forms: `model`, an id of the catalogue; `parameters`, in the order of
    `model.named_parameters()`; `safetensors`, the header of a weights file; `safetensors_index`, the index of a sharded
    one, with shapes; or `depth`. A model outside the catalogue is described further by `family`, by its size in
    `params`, and by its pretraining: `objective` and `corpus`. `task` and `domain` are those of an earlier training.

    `head` names what of a listed model is its head, such as `classifier` or `decoder.*.out`, where the service would
    not find it. `prefix` is for Lightning: `net` of a module that holds the network as `self.net`; the list may be
    that of the network, or of the module, whose names begin with `net.`.
    """

    model: Annotated[Name, Meta(description="A model of the catalogue: id, checkpoint or alias.")] | UnsetType = UNSET
    parameters: (
        Annotated[
            list[JobParameter],
            Meta(max_length=MOST_TENSORS, description="Every parameter, in the order of `model.named_parameters()`."),
        ]
        | UnsetType
    ) = UNSET
    safetensors: (
        Annotated[
            dict[str, JobSafetensorsEntry],
            Meta(max_length=MOST_TENSORS + 1, description="The header of a safetensors file: entries by their name."),
        ]
        | UnsetType
    ) = UNSET
    safetensors_index: (
        Annotated[JobSafetensorsIndex, Meta(description="The index of a sharded weights file, with shapes.")]
        | UnsetType
    ) = UNSET
    head: (
        Annotated[
            list[PartName],
            Meta(max_length=100, description="Modules or parameters that are the head; `*`: any part."),
        ]
        | UnsetType
    ) = UNSET
    prefix: (
        Annotated[
            str,
            Meta(
                max_length=100,
                pattern=r"^[A-Za-z_]\w*$(?!\n)",
                description="The attribute of a LightningModule that holds the network; else `model`.",
            ),
        ]
        | UnsetType
    ) = UNSET
    depth: Depth | UnsetType = UNSET
    family: Annotated[Family, Meta(description="Which rates it takes and how it is frozen.")] | UnsetType = UNSET
    params: Annotated[Positive, Meta(description="Numbers in all its parameters.")] | UnsetType = UNSET
    objective: Annotated[Objective, Meta(description="How it was pretrained.")] | UnsetType = UNSET
    corpus: Annotated[Corpus, Meta(description="What it was pretrained on.")] | UnsetType = UNSET
    task: Annotated[Task, Meta(description="The task of an earlier training.")] | UnsetType = UNSET
    domain: Annotated[Domain, Meta(description="The domain of an earlier training.")] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """An empty list or object means that it is not given."""
        take_empty_as_left_out(self, "parameters", "safetensors", "head")
