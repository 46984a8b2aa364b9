"""The self-check, run against models that are only names, counts and flags; tests/real runs it against torch's."""

import ast
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from service.contract.freeze import FreezeAdapter, FreezeBlock, UnfreezePhase
from service.contract.words import BlockKind, BlockState
from service.core.freezing.self_check import self_check_code

PARAMETERS = {"stem.weight": 6, "stem.bias": 2, "blocks.0.weight": 4, "cls_token": 3, "head.weight": 5}
PATTERNS = [r"^(?:cls_token$|stem\.)", r"^blocks\.0\.", r"^head\."]
KINDS = [BlockKind.STEM, BlockKind.BLOCK, BlockKind.HEAD]
LORA = FreezeAdapter("lora", 2, 4, 0.0, ["0"], ["head"], fan_in_fan_out=False, params=8)


def blocks(*params: int | None) -> list[FreezeBlock]:
    return [
        FreezeBlock(index, str(index), kind, None, None, pattern, None, count, BlockState.LOW_RATE, [], [])
        for index, (kind, pattern, count) in enumerate(zip(KINDS, PATTERNS, params or (11, 4, 5), strict=True))
    ]


def phases(*openings: tuple[list[int], int | None]) -> list[UnfreezePhase]:
    return [UnfreezePhase(i, "", train, count, 1.0, 3, "") for i, (train, count) in enumerate(openings)]


def code(adapter: FreezeAdapter | None = None, *openings: tuple[list[int], int | None]) -> str:
    return self_check_code(blocks(), phases(*(openings or (([2], 5), ([1, 2], 9)))), adapter, "0123456789abcdef")


class Tensor(SimpleNamespace):
    """What the check reads of a parameter."""

    def numel(self) -> int:
        return self.count


class Model:
    """Parameters that require a gradient where `train` says so, and modules without any flag."""

    def __init__(self, train: set[str], parameters: dict[str, int] = PARAMETERS) -> None:
        self.named = {name: Tensor(count=count, requires_grad=name in train) for name, count in parameters.items()}
        self.modules: dict[str, SimpleNamespace] = {"": SimpleNamespace(), "head": SimpleNamespace()}

    def named_parameters(self) -> list[tuple[str, Tensor]]:
        return list(self.named.items())

    def named_buffers(self) -> list[tuple[str, Tensor]]:
        return []

    def named_modules(self) -> list[tuple[str, SimpleNamespace]]:
        return list(self.modules.items())


def optimizer(model: Model, *extra: str) -> SimpleNamespace:
    held = [tensor for name, tensor in model.named.items() if tensor.requires_grad or name in extra]
    return SimpleNamespace(param_groups=[{"params": [tensor]} for tensor in held])


def check(text: str) -> Callable[..., None]:
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102
    return names["check_plan"]


LAST = {"blocks.0.weight", "head.weight"}


def test_passes_where_the_plan_was_applied() -> None:
    model = Model(LAST)
    check(code())(model, optimizer(model))
    check(code())(model, optimizer(model), phase=1)
    first = Model({"head.weight"})
    check(code())(first, optimizer(first), phase=0)


@pytest.mark.parametrize(
    ("train", "said"),
    [
        (set(PARAMETERS), "Expected 9 to be trainable, found 20. Wrong are ['stem.weight', 'stem.bias', 'cls_token']"),
        ({"head.weight"}, "Expected 9 to be trainable, found 5. Wrong are ['blocks.0.weight']"),
        ({"stem.weight", "cls_token"}, "Wrong are ['stem.weight', 'blocks.0.weight', 'cls_token', 'head.weight']"),
    ],
)
def test_says_what_is_wrongly_frozen_or_trained(train: set[str], said: str) -> None:
    model = Model(train)
    with pytest.raises(AssertionError) as raised:
        check(code())(model, optimizer(model))
    assert said in str(raised.value)
    assert "requires_grad was set" not in str(raised.value)


def test_an_attribute_of_a_module_is_named_as_the_cause() -> None:
    model = Model(set())
    model.modules["head"].requires_grad = True
    with pytest.raises(AssertionError, match=r"attribute of modules \['head'\]. On a module that does nothing: call"):
        check(code())(model, optimizer(model), 0)


def test_the_optimizer_holds_what_trains_once_and_nothing_else() -> None:
    model = Model(LAST)
    for held, said in (
        (SimpleNamespace(param_groups=[]), r"lacks \['blocks.0.weight', 'head.weight'\]"),
        (optimizer(model, "cls_token"), r"\['cls_token'\] are frozen"),
        (SimpleNamespace(param_groups=optimizer(model).param_groups * 2), "holds 4 parameters"),
    ):
        with pytest.raises(AssertionError, match=said):
            check(code())(model, held)


def test_a_model_of_other_names_is_not_checked_in_silence() -> None:
    model = Model(LAST, {**PARAMETERS, "neck.weight": 7, "head2.weight": 1})
    with pytest.raises(AssertionError, match=r"2 parameters are not in exactly one block .*neck.weight.*head2.weight"):
        check(code())(model, optimizer(model))
    renamed = Model({"blocks.0.weight"}, {"stem.weight": 6, "blocks.0.weight": 4})
    with pytest.raises(AssertionError, match=r"No parameter matches \['\^head"):
        check(code())(renamed, optimizer(renamed))


def test_a_model_of_other_shapes_is_told_from_one_that_is_not_frozen() -> None:
    model = Model(LAST, {**PARAMETERS, "head.weight": 6})
    with pytest.raises(AssertionError, match=r"Expected 9 .* found 10\. The model's shapes are not those"):
        check(code())(model, optimizer(model))


@pytest.mark.parametrize("name", ["blocks.0.bn", "stem.norm", "unlisted"])
def test_a_batch_norm_that_moves_beside_what_is_frozen_is_found_whatever_its_name(name: str) -> None:
    """It may have no parameters of its own, and names may tell nothing of it."""
    model = Model({"head.weight"})
    model.modules[name] = SimpleNamespace(training=True, num_batches_tracked=0)
    with pytest.raises(AssertionError, match=f"update their statistics: .'{name}'."):
        check(code())(model, optimizer(model), 0)
    model.modules[name].training = False
    check(code())(model, optimizer(model), 0)


def test_batch_norms_move_where_they_train() -> None:
    model = Model(set(PARAMETERS))
    model.modules["unlisted"] = model.modules["stem.bn"] = SimpleNamespace(training=True, num_batches_tracked=0)
    check(code(None, ([0, 1, 2], 20)))(model, optimizer(model))


def test_a_tied_head_needs_no_parameter() -> None:
    text = self_check_code(blocks(11, 4, 0), phases(([1], 4)), None)
    model = Model({"blocks.0.weight"}, {name: count for name, count in PARAMETERS.items() if name != "head.weight"})
    check(text)(model, optimizer(model))


def test_unknown_counts_leave_the_patterns_to_decide() -> None:
    text = code(None, ([2], None))
    model = Model({"head.weight"})
    check(text)(model, optimizer(model))
    model.named["cls_token"].requires_grad = True
    with pytest.raises(AssertionError, match="Expected the parameters of the phase to be trainable, found 8"):
        check(text)(model, optimizer(model))


def test_nothing_trains_where_there_is_no_phase() -> None:
    text = self_check_code(blocks(), [], None)
    check(text)(Model(set()), None)
    with pytest.raises(AssertionError, match="Expected 0 to be trainable, found 5"):
        check(text)(Model({"head.weight"}), None)


def test_adapters_and_the_copy_of_the_head_train_under_peft_s_names() -> None:
    prefix = "base_model.model."
    names = {
        "stem.weight": 6,
        "stem.bias": 2,
        "cls_token": 3,
        "blocks.0.base_layer.weight": 4,
        "blocks.0.lora_A.default.weight": 4,
        "blocks.0.lora_B.default.weight": 4,
        "head.original_module.weight": 5,
        "head.modules_to_save.default.weight": 5,
    }
    wrapped = {prefix + name: count for name, count in names.items()}
    trained = {name for name in wrapped if "lora_" in name or "modules_to_save" in name}
    text = code(LORA, ([2], 13))
    model = Model(trained, wrapped)
    check(text)(model, optimizer(model))
    both = Model(trained | {prefix + "head.original_module.weight"}, wrapped)
    with pytest.raises(AssertionError, match=r"Wrong are \['base_model.model.head.original_module.weight'\]"):
        check(text)(both, optimizer(both))
    bare = Model({"head.weight"})
    with pytest.raises(AssertionError, match="Expected 13 to be trainable, found 5"):
        check(text)(bare, optimizer(bare))


def test_text_is_short_and_needs_nothing_but_the_standard_library() -> None:
    for adapter in (None, LORA):
        text = code(adapter)
        assert len(text.splitlines()) <= 45
        assert text.startswith("def check_plan(model, optimizer, phase=-1):")
        assert "plan 0123456789ab" in text
        imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
        modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
        assert modules == {"re"}
        assert all(line == line.rstrip() for line in text.splitlines())


def test_odd_names_stay_literals() -> None:
    for pattern in (r'^a"b\.', "^a'b$", "^a\nb$", "^über$", "^{x}$"):
        block = FreezeBlock(0, "0", BlockKind.HEAD, None, None, pattern, None, 1, BlockState.FULL_RATE, [], [])
        text = self_check_code([block], phases(([0], 1)), None)
        literals = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        assert pattern in literals


def test_without_names_there_is_no_text() -> None:
    block = FreezeBlock(0, "layer 1", BlockKind.BLOCK, None, None, None, None, None, BlockState.FROZEN, [], [])
    assert self_check_code([block], [], None) == ""
