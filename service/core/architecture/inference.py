"""The build of any model, inferred from the names and shapes of its parameters."""

from msgspec import UNSET

from service.contract.freeze import FreezeLayout
from service.contract.job import Job
from service.contract.words import BlockKind, Family, Grade, LayoutCertainty, NormKind
from service.core.architecture.architecture import Anatomy
from service.core.architecture.dimensions import dimensions
from service.core.architecture.module_tree import Node, Overgrown, grow
from service.core.architecture.order.block_list import Assembly, interleaved
from service.core.architecture.order.head_search import Unmatched
from service.core.architecture.order.module_roles import Roles
from service.core.architecture.order.run_order import MOST_BLOCKS, RunOrder, Unit
from service.core.architecture.order.sibling_order import LANGUAGE_RANK
from service.core.architecture.order.widths import gives
from service.core.architecture.parameter_list import Listing, form_pointer, read_listing
from service.core.architecture.positions import longest_text, patch_px
from service.core.architecture.recognition import (
    beyond_linear,
    keeps_head,
    linear_targets,
    nearest_family,
    recognise_family,
    recognise_norm,
    recognise_objective,
)
from service.core.architecture.saved_heads import saved_heads
from service.core.architecture.source_faults import HEAD_ALONE, NO_SUCH_HEAD, OUT_OF_SIZE, UNORDERED
from service.core.job.dataset_size import classes_of
from service.core.rules.example_requests import TINY_BERT, freeze
from service.core.rules.refusal import Refusal, fault
from service.core.rules.resolved_inputs import Inputs, known, member
from service.core.rules.rule import Finding, Topic, Trace
from service.knowledge.index import Block, Knowledge

MOST_LOOSE = 0.5
"""Share of a model's parameters, in a file without order, beyond which parts that no name puts anywhere are refused."""

SHOWN = 5
"""Names that a sentence lists at most."""

SHARED_SPACE = ("logit_scale", "logit_bias", "temperature")
"""Names, or parts of them, of the number that scales likenesses between what two towers give."""

LAYOUT: Topic[tuple[RunOrder, Assembly, Listing], Finding[FreezeLayout]] = Topic("layout")
"""How sure the order of the blocks is, and why."""


def infer_anatomy(request: Job, know: Knowledge, inputs: Inputs, trace: Trace) -> Anatomy:
    """The build of the model whose parameters the request lists. Raises Refusal where they cannot be ordered."""
    listing = read_listing(request, know)
    if not any(tensor.count for tensor in listing.tensors):
        message = "These parameters hold no numbers at all."
        raise Refusal([fault(form_pointer(request), message)], OUT_OF_SIZE)
    try:
        root = grow(listing.tensors)
        walk = RunOrder(root, Roles(know), listing.ordered)
        assembly = Assembly(walk.units(), walk, classes_of(request.dataset), known(request.source.head))
    except Unmatched as missed:
        message = "No module and no parameter has this name. Give parts joined by points, `*` for any: `decoder.*.out`."
        raise Refusal([fault(f"/source/head/{missed.args[0]}", message)], NO_SUCH_HEAD) from None
    except Overgrown as over:
        raise Refusal([fault(form_pointer(request), str(over))], OUT_OF_SIZE) from None
    _refuse_unordered(walk, assembly, listing, form_pointer(request))
    _refuse_backbone(assembly, form_pointer(request))
    rule, layout = LAYOUT.first((walk, assembly, listing))
    trace.decided("/freeze_plan/layout", rule, layout)
    units = interleaved(assembly.blocks) if _side_by_side(assembly, root) else assembly.blocks
    family = _family(request, know, units, listing, inputs)
    norm = _norm(request, know, listing, inputs)
    targets, width = linear_targets(units, listing, family, know)
    kept = keeps_head(units, family, know)
    tied_to = _tied_to(units, listing)
    heads = [unit for unit in units if unit.kind is BlockKind.HEAD]
    cell_px = patch_px(listing, family, know)
    inputs.derived(form_pointer(request), len(listing.tensors), "tensors that were listed")
    return Anatomy(
        blocks=tuple(_block(unit) for unit in units),
        layout=layout.value,
        family=family,
        norm=norm,
        params=root.count,
        targets=targets,
        target_width=width,
        beyond_linear=beyond_linear(units),
        head_modules=() if kept or tied_to is not None else saved_heads(units, listing),
        keeps_head=kept or tied_to is not None,
        tied_to=tied_to,
        guessed_head=assembly.guessed_head,
        head_gives=gives(heads[0].nodes) if len(heads) == 1 and tied_to is None and not kept else None,
        buffers=listing.buffers,
        longest=longest_text(listing, family, know),
        cell_px=cell_px,
        sizes=dimensions(units, listing, norm, know, cell_px),
        objective=recognise_objective(listing, know),
    )


def _refuse_unordered(walk: RunOrder, assembly: Assembly, listing: Listing, pointer: str) -> None:
    """Raises Refusal for parts that neither their names, nor the order of the list, nor their widths put anywhere."""
    if listing.ordered:
        return
    loose = [node for unit in assembly.by_order for node in unit.nodes]
    each = {id(node): node for node in (*walk.siblings.ambiguous, *loose)}
    nodes = [node for key, node in each.items() if key not in walk.siblings.chained]
    if nodes and len(assembly.blocks) > 1 and _share(nodes, walk.root) > MOST_LOOSE:
        message = (
            "The name of this part does not tell where it runs. "
            "Send /parameters, in the order in which model.named_parameters() gives them."
        )
        places = {f"{pointer}{member(node.all_tensors()[0].name)}" for node in nodes}
        raise Refusal([fault(place, message) for place in sorted(places)[:SHOWN]], UNORDERED)


def _tied_to(units: list[Unit], listing: Listing) -> int | None:
    """The number of the block that counts the head's tensors, where the head has none of its own."""
    heads = [node for unit in units if unit.kind is BlockKind.HEAD for node in unit.nodes]
    names = [tensor.name for node in heads for tensor in node.all_tensors()]
    if not names or any(name not in listing.tied for name in names):
        return None
    first = listing.tied[names[0]]
    holds = (any(tensor.name == first for node in unit.nodes for tensor in node.all_tensors()) for unit in units)
    return next(index for index, found in enumerate(holds) if found)


def _refuse_backbone(assembly: Assembly, pointer: str) -> None:
    """Raises Refusal where there is nothing but a head, or more blocks than any model has."""
    if len(assembly.blocks) > MOST_BLOCKS:
        message = f"These names make {len(assembly.blocks)} blocks; {MOST_BLOCKS} are the most."
        raise Refusal([fault(pointer, message)], OUT_OF_SIZE)
    if all(unit.kind is BlockKind.HEAD for unit in assembly.blocks):
        message = "These are the parameters of a head alone; there is nothing below it to freeze. Give the whole model."
        raise Refusal([fault(pointer, message)], HEAD_ALONE)


def _share(nodes: list[Node], root: Node) -> float:
    return sum(node.count for node in nodes) / max(1, root.count)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


@LAYOUT.rule(
    "layout-from-order",
    "Parts whose names tell no place, and single layers, stand where the list has them.",
    grade=Grade.D,
    sources=("judgement", "pytorch"),
    fires=(
        freeze(500, parameters=[{"name": f"{i}.weight", "shape": [8, 8]} for i in range(5)]).decides(
            "order: names do not tell the place of every part"
        ),
    ),
    silent=(freeze(500, parameters=TINY_BERT),),
)
def from_order(case: tuple[RunOrder, Assembly, Listing]) -> Finding[FreezeLayout] | None:
    walk, assembly, listing = case
    loose = [unit.name for unit in assembly.by_order if any(node.matrices for node in unit.nodes)]
    moved = _moved(assembly, listing)
    unsure = [] if listing.ordered else [*(node.prefix for node in walk.siblings.ambiguous), *assembly.either_side]
    if not any((loose, moved, unsure, assembly.guessed_head, walk.stacks.plain, walk.beside)):
        return None
    because = [_numbered(assembly, walk.root)]
    if listing.ordered and loose:
        because.append(f"The order of the list alone says where these stand: {_listed(loose)}.")
    elif unsure or loose:
        parts = _listed(list(dict.fromkeys([*unsure, *loose])))
        because.append(f"Without an order of the list, at best their widths say in which order these run: {parts}.")
    if moved:
        because.append(f"By their names these run earlier than the list has them: {_listed(moved)}.")
    if walk.beside:
        because.append(f"These may take turns: {_listed([node.prefix for node in walk.beside])}.")
    if assembly.guessed_head:
        because.append(f"No name tells that it is the head: {assembly.blocks[-1].name} was taken for it.")
    return Finding(FreezeLayout(LayoutCertainty.ORDER, because), "names do not tell the place of every part")


def _moved(assembly: Assembly, listing: Listing) -> list[str]:
    """The blocks that begin earlier in the list than one that they stand behind. Stems may be listed anywhere."""
    if not listing.ordered:
        return []
    places = {tensor.name: index for index, tensor in enumerate(listing.tensors)}
    moved: list[str] = []
    last = ("", -1)
    for unit in assembly.blocks:
        begins = min(places[tensor.name] for node in unit.nodes for tensor in node.all_tensors())
        if begins < last[1] and unit.kind is not BlockKind.STEM:
            moved.append(last[0])
        if unit.kind is not BlockKind.STEM:
            last = (unit.name, begins)
    return moved


@LAYOUT.rule(
    "layout-from-structure",
    "Numbered siblings are blocks, and well-known names are stem, norm, neck and head.",
    grade=Grade.B,
    sources=("timm", "transformers"),
    fires=(freeze(500, parameters=TINY_BERT).decides("structure: numbered siblings and well-known names"),),
    silent=(freeze(500, parameters=[{"name": f"{i}.weight", "shape": [8, 8]} for i in range(5)]),),
)
def from_structure(case: tuple[RunOrder, Assembly, Listing]) -> Finding[FreezeLayout]:
    walk, assembly, _ = case
    because = [_numbered(assembly, walk.root)]
    because += [
        f"By name: {unit.name} is the {unit.kind}." for unit in assembly.blocks if unit.kind is not BlockKind.BLOCK
    ]
    return Finding(FreezeLayout(LayoutCertainty.STRUCTURE, because), "numbered siblings and well-known names")


def _numbered(assembly: Assembly, root: Node) -> str:
    blocks = [unit for unit in assembly.blocks if unit.is_block]
    share = _share([node for unit in blocks for node in unit.nodes], root)
    return f"{len(blocks)} blocks hold {100 * share:.3g} % of the parameters, {_ends(blocks)}."


def _ends(blocks: list[Unit]) -> str:
    return f"from {blocks[0].name} to {blocks[-1].name}" if blocks else "none of them numbered"


def _side_by_side(assembly: Assembly, root: Node) -> bool:
    """Whether a text tower stands beside another one, as in CLIP: both end in one space, and nothing generates."""
    towers = {unit.tower: unit.rank for unit in assembly.blocks if unit.is_block}
    shared = any(word in child.name for child in root.children for word in SHARED_SPACE)
    return shared and len(towers) == 2 and sum(rank in (LANGUAGE_RANK, 0) for rank in towers.values()) == 1


def _family(request: Job, know: Knowledge, units: list[Unit], listing: Listing, inputs: Inputs) -> Family:
    if request.source.family is not UNSET:
        return request.source.family
    family, because = recognise_family(units, listing, know)
    if family is not None:
        inputs.derived("/source/family", family, because)
        return family
    family, because = nearest_family(listing)
    inputs.assumed("/source/family", family, because)
    return family


def _norm(request: Job, know: Knowledge, listing: Listing, inputs: Inputs) -> NormKind | None:
    if request.freezing.norm is not UNSET:
        return request.freezing.norm
    norm, because = recognise_norm(listing, know)
    if norm is not None:
        inputs.derived("/freezing/norm", norm, because)
    return norm


def _block(unit: Unit) -> Block:
    patterns = [node.pattern for node in unit.nodes]
    return Block(
        name=unit.name,
        kind=unit.kind,
        pattern=f"^{patterns[0]}" if len(patterns) == 1 else f"^(?:{'|'.join(patterns)})",
        params=sum(node.count for node in unit.nodes),
        stage=unit.stage,
        tower=unit.tower,
        tensors=sum(node.tensors for node in unit.nodes),
        modules=tuple(node.prefix for node in unit.nodes if node.ends),
        parameters=tuple(node.prefix for node in unit.nodes if not node.ends),
    )
