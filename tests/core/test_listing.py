"""The forms in which a request may list a model's parameters: what is counted, and what is none."""

import re
from itertools import islice, product
from typing import Any

import pytest

from service.contract.freeze import FreezePlan
from service.contract.words import NormKind
from service.core.rules.refusal import Refusal
from tests.ask import ask, frozen

DATA = {"examples": 500}
LAYERS = {
    f"blocks.{i}.{part}": shape
    for i in range(12)
    for part, shape in (("conv1.weight", [4, 4, 3, 3]), ("conv2.weight", [4, 4, 3, 3]), ("norm.weight", [4]))
}
SIZE = 12 * (2 * 4 * 4 * 9 + 4)


def header(entries: dict[str, list[int]], dtype: str = "F32") -> dict[str, Any]:
    return {name: {"dtype": dtype, "shape": shape} for name, shape in entries.items()}


def of_header(entries: dict[str, Any], **rest: Any) -> FreezePlan:
    return frozen(safetensors=entries, dataset=DATA, **rest)


def of_plain_header(entries: dict[str, list[int]]) -> FreezePlan:
    return of_header(header(entries))


def of_list(entries: dict[str, list[int]], **rest: Any) -> FreezePlan:
    return frozen(parameters=[{"name": n, "shape": s} for n, s in entries.items()], dataset=DATA, **rest)


def of_index(entries: dict[str, list[int]], **rest: Any) -> FreezePlan:
    index = {"weight_map": dict.fromkeys(entries, "model-00001-of-00002.safetensors"), "shapes": entries}
    whole = {"metadata": {"total_size": 4 * SIZE}, **index}
    return frozen(source={"safetensors_index": whole}, dataset=DATA, **rest)


def pointers(**body: Any) -> list[str]:
    with pytest.raises(Refusal) as refused:
        frozen(dataset=DATA, **body)
    return [fault.pointer for fault in refused.value.faults]


def test_three_forms_make_one_plan() -> None:
    plans = [of_list(LAYERS), of_header(header(LAYERS)), of_index(LAYERS)]
    assert [plan.counts.total for plan in plans] == [SIZE] * 3
    assert len({plan.plan_hash for plan in plans}) == 1


def test_metadata_and_offsets_are_allowed() -> None:
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    for place, (name, shape) in enumerate(LAYERS.items()):
        entries[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [place, place + 1]}
    plan = of_header(entries)
    assert plan.counts.total == SIZE
    assert plan.buffers.tensors == 0


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"])
def test_numbers_with_fractions_are_parameters(dtype: str) -> None:
    assert of_header(header(LAYERS, dtype)).counts.total == SIZE


@pytest.mark.parametrize("dtype", ["I64", "I32", "I16", "I8", "U8", "BOOL"])
def test_integers_are_none(dtype: str) -> None:
    plan = of_header({**header(LAYERS), **header({"blocks.0.index": [1, 7, 7]}, dtype)})
    assert plan.counts.total == SIZE
    assert plan.buffers.tensors == 1


@pytest.mark.parametrize("form", [of_plain_header, of_index], ids=["header", "index"])
def test_running_statistics_are_counted_apart_and_tell_the_norm(form: Any) -> None:
    statistics = {
        f"blocks.{i}.norm.{part}": shape
        for i in range(12)
        for part, shape in (("running_mean", [4]), ("running_var", [4]), ("num_batches_tracked", []))
    }
    plan = form({**LAYERS, **statistics})
    assert plan.counts.total == SIZE
    assert plan.buffers.tensors == 36
    assert plan.norm.kind is NormKind.BATCH
    assert plan.norm.frozen_statistics


def test_a_list_of_parameters_says_nothing_of_buffers() -> None:
    assert of_list(LAYERS).buffers.tensors is None


def test_the_pattern_of_buffers_matches_them_and_no_parameter() -> None:
    pattern = re.compile(of_list(LAYERS).buffers.pattern)
    for name in ("bn1.running_mean", "a.b.num_batches_tracked", "running_var", "embeddings.position_ids"):
        assert pattern.search(name), name
    for name in (*LAYERS, "running_mean.weight", "my_running_mean"):
        assert not pattern.search(name), name


def test_a_number_is_one_parameter() -> None:
    """A shape without dimensions holds one number."""
    assert of_list({**LAYERS, "scale": []}).counts.total == SIZE + 1


def test_an_empty_tensor_is_counted_as_nothing() -> None:
    plan = of_list({**LAYERS, "blocks.0.empty": [0, 9]})
    assert plan.counts.total == SIZE
    assert sum(block.tensors or 0 for block in plan.blocks) == len(LAYERS) + 1


def test_counts_are_exact_up_to_the_largest_integer_that_json_readers_keep() -> None:
    big = {"blocks.0.a.weight": [2**26, 2**26], "blocks.0.b.weight": [2**26, 2**25], "blocks.1.a.weight": [3, 1]}
    assert of_list({**big, "blocks.1.b.weight": [1]}).counts.total == 2**52 + 2**51 + 4
    too_big = {**big, "blocks.2.a.weight": [2**26, 2**26]}
    body = [{"name": n, "shape": s} for n, s in too_big.items()]
    assert pointers(parameters=body) == ["/source/parameters"]
    assert pointers(safetensors=header(too_big)) == ["/source/safetensors"]


@pytest.mark.parametrize("form", [of_list, of_index], ids=["list", "index"])
def test_tied_names_are_counted_once(form: Any) -> None:
    names = ["blocks.0.conv1.weight", "blocks.5.conv1.weight", "blocks.7.conv2.weight"]
    plan = form(LAYERS, tied=[names])
    assert plan.counts.total == SIZE - 2 * 144
    sizes = {block.name: block.params for block in plan.blocks}
    assert (sizes["blocks.0"], sizes["blocks.5"], sizes["blocks.7"]) == (292, 148, 148)


def test_the_order_of_a_tied_group_says_nothing() -> None:
    names = ["blocks.5.conv1.weight", "blocks.0.conv1.weight"]
    assert of_list(LAYERS, tied=[names]).plan_hash == of_list(LAYERS, tied=[names[::-1]]).plan_hash


def test_tied_groups_are_checked() -> None:
    body = {"parameters": [{"name": n, "shape": s} for n, s in LAYERS.items()]}
    first, second = "blocks.0.conv1.weight", "blocks.0.conv2.weight"
    assert pointers(**body, tied=[[first, "unknown"]]) == ["/freezing/tied/0/1"]
    assert pointers(**body, tied=[["unknown", first]]) == ["/freezing/tied/0/0"]
    assert pointers(**body, tied=[[first, "blocks.0.norm.weight"]]) == ["/freezing/tied/0/1"]
    assert pointers(**body, tied=[[first, first]]) == ["/freezing/tied/0/1"]
    assert pointers(**body, tied=[[first, second], [second, "blocks.1.conv1.weight"]]) == ["/freezing/tied/1/0"]
    assert pointers(model="resnet50", tied=[[first, second]]) == ["/freezing/tied"]
    assert pointers(depth=12, tied=[[first, second]]) == ["/freezing/tied"]


def test_every_fault_of_a_list_is_found() -> None:
    names = ["a.weight", "b.weight", "a.weight", "c.qweight", "a.weight", "d\t"]
    body = [{"name": name, "shape": [2]} for name in names]
    assert sorted(pointers(parameters=body)) == [f"/source/parameters/{i}/name" for i in (2, 3, 4, 5)]


def test_a_header_is_checked() -> None:
    one = {"dtype": "F32", "shape": [2]}
    assert pointers(safetensors={"__metadata__": {"format": "pt"}}) == ["/source/safetensors"]
    assert pointers(safetensors={"a": one, "b": {"shape": [2]}}) == ["/source/safetensors/b/dtype"]
    assert pointers(safetensors={"a": one, "b": {"dtype": "F32"}}) == ["/source/safetensors/b/shape"]
    assert pointers(safetensors={"a": one, "b/c~": {"dtype": "F32"}}) == ["/source/safetensors/b~1c~0/shape"]
    assert pointers(safetensors={"bn.running_mean": one}) == ["/source/safetensors"]


def test_an_index_is_checked() -> None:
    assert pointers(source={"safetensors_index": {"weight_map": {}, "shapes": {}}}) == [
        "/source/safetensors_index/weight_map"
    ]
    both = {"weight_map": {"a": "f", "b": "f"}, "shapes": {"a": [2], "c": [2]}}
    assert sorted(pointers(source={"safetensors_index": both})) == [
        "/source/safetensors_index/shapes/b",
        "/source/safetensors_index/shapes/c",
    ]


def test_a_model_has_one_form() -> None:
    body = {"parameters": [{"name": "a.weight", "shape": [2]}]}
    assert pointers(**body, depth=12) == ["/source/depth"]
    assert pointers(**body, model="resnet50") == ["/source/parameters"]
    assert pointers() == ["/source/model"]


def test_a_sorted_list_is_taken_for_one_without_order() -> None:
    """The list of a file: its blocks are counted through, not compared letter by letter."""
    names = [block.name for block in of_list(dict(sorted(LAYERS.items()))).blocks]
    assert names == [f"blocks.{i}" for i in range(12)]


def test_what_was_listed_is_resolved_without_its_names() -> None:
    body = {"parameters": [{"name": n, "shape": s} for n, s in LAYERS.items()], "dataset": DATA}
    resolved = ask("/freeze-plan", body).resolved
    assert resolved["/source/parameters"].value == len(LAYERS)


@pytest.mark.parametrize(
    "name",
    [
        "layers.0.q_proj.lora_A.default.weight",
        "_fsdp_wrapped_module._flat_param",
        "layers.0.q_proj.weight.absmax",
        "layers.0.q_proj.weight.quant_state.bitsandbytes__nf4",
        "layers.0.q_proj.base_layer.weight",
        "layers.0.q_proj.hada_w1_a",
        "classifier.modules_to_save.default.weight",
        "prompt_encoder.default.embedding.weight",
        "layers.0.q_proj.weight_scale",
        "layers.0.q_proj.input_scale",
        "layers.0.q_proj.weight._data",
        "layers.0.q_proj.weight:_data",
    ],
)
def test_names_of_a_wrapped_or_packed_model_are_refused(name: str) -> None:
    listed = [{"name": one, "shape": [4, 4]} for one in ("stem.weight", name, "fc.weight")]
    assert pointers(parameters=listed) == ["/source/parameters/1/name"]


def test_weights_packed_in_four_bits_are_refused_by_their_shapes() -> None:
    packed = [{"name": f"layers.{i}.weight", "shape": [2048, 1]} for i in range(3)]
    assert pointers(parameters=[{"name": "embed.weight", "shape": [64, 32]}, *packed]) == ["/source/parameters/1/name"]


def test_one_layer_packed_in_four_bits_is_told_by_its_bias() -> None:
    """bitsandbytes holds a linear layer of 32 inputs and 16 outputs as 256 bytes in one column."""
    listed = [{"name": n, "shape": s} for n, s in (("a.weight", [256, 1]), ("a.bias", [16]), ("fc.weight", [3, 16]))]
    assert pointers(parameters=listed) == ["/source/parameters/0/name"]


@pytest.mark.parametrize(
    ("packed", "unpacks"),
    [
        ("experts.gate_up_proj_blocks", "experts.gate_up_proj_scales"),
        ("q_proj.codes", "q_proj.codebooks"),
        ("q_proj.indices", "q_proj.centroids.weight"),
        ("q_proj.W_q", "q_proj.scale"),
    ],
)
def test_packed_weights_are_told_by_what_unpacks_them(packed: str, unpacks: str) -> None:
    listed = [{"name": name, "shape": [8, 8]} for name in ("stem.weight", packed, unpacks, "fc.weight")]
    assert pointers(parameters=listed) == ["/source/parameters/1/name"]
    assert frozen(dataset=DATA, parameters=[one for one in listed if one["name"] != unpacks])


@pytest.mark.parametrize(
    ("name", "dtype"), [("layers.0.weight", "U8"), ("layers.0.weight", "I64"), ("layers.0.any", "I32")]
)
def test_integers_where_weights_stand_are_packed_weights(name: str, dtype: str) -> None:
    packed = header({name: [8, 8]}, dtype)
    assert pointers(safetensors={**header(LAYERS), **packed}) == [f"/source/safetensors/{name}/dtype"]


@pytest.mark.parametrize("part", ["m{:04}x", "1{:04}" * 80 + "x", "{:04}²"])
def test_sorted_lists_of_many_odd_parts_are_planned(part: str) -> None:
    model = {f"layers.{i}.{part.format(*[j] * 80)}.weight": [2, 2] for i in range(2) for j in range(1500)}
    assert of_list(model).counts.total == 2 * 1500 * 4


@pytest.mark.parametrize("place", ["", "layer1."])
def test_parts_beside_blocks_are_bounded(place: str) -> None:
    model = {f"layer{s}.{i}.{part}.weight": [99, 99] for s in (1, 2) for i in (0, 1) for part in "pq"}
    words = product("abcdefghijklm", repeat=3)
    model |= {f"{place}{''.join(letters)}.weight": [2, 2] for letters in islice(words, 2000)}
    assert of_list(model).counts.total == 8 * 99 * 99 + 2000 * 4
    one_more = {**model, f"{place}z.weight": [2, 2]}
    assert pointers(parameters=[{"name": n, "shape": s} for n, s in one_more.items()]) == ["/source/parameters"]


def test_the_prompts_of_segment_anything_are_no_adapter() -> None:
    assert of_list({**LAYERS, "prompt_encoder.point_embed.weight": [4, 4]}).counts.total == SIZE + 16
