"""Models as a Hypothesis strategy: trees of modules, spelled with the words that libraries use and with others.

A model is a few subtrees side by side. A subtree is a layer, a run of numbered members (a stack, stages, or neither), a
module around others, or a copy of one that stands already, under another name. Members may lack parts, numbers may
lack members, and a parameter may have the name of a module.
"""

from hypothesis import strategies as st

Shapes = list[tuple[str, list[int]]]

ROLES = (
    *("embed", "cls_token", "conv1", "stem", "patch_embeds", "norm", "bn", "ln_f", "pooler", "neck", "fpn", "fc"),
    *("head", "classifier", "lm_head", "experts", "branches", "backbone", "encoder", "decoder", "text_model", "vision"),
    *("blocks", "layers", "stages", "downsample", "mid_block", "up_blocks", "down_blocks", "aux_head", "logit_scale"),
)
OTHERS = ("a", "b", "x1", "wa", "wb", "m", "net", "l", "features", "x_b", "étage", "A", "CamelCase", "_fc", "q", "p")
LAST = ("weight", "weight", "bias", "gamma", "kernel", "running_mean", "0", "1", "a", "inv_freq")

widths = st.sampled_from([1, 2, 3, 4, 8])
shapes = st.one_of(
    st.tuples(widths, widths),
    st.tuples(widths),
    st.tuples(widths, widths, st.just(3), st.just(3)),
    st.tuples(widths, widths, st.just(3)),
    st.just(()),
    st.just((0, 2)),
).map(list)
words = st.sampled_from((*ROLES, *ROLES, *OTHERS))
numbers = st.sampled_from(["0", "1", "2", "3", "4", "10", "01", "5b", "5c", "99999999999999999999"])


@st.composite
def layers(draw: st.DrawFn) -> Shapes:
    """One to three parameters, of which some are alone."""
    names = draw(st.lists(st.sampled_from(LAST), min_size=1, max_size=3, unique=True))
    return [(name, draw(shapes)) for name in names]


def below(prefix: str, parts: Shapes) -> Shapes:
    """A subtree within a module."""
    return [(f"{prefix}.{name}", shape) for name, shape in parts]


@st.composite
def members(draw: st.DrawFn, inner: st.SearchStrategy[Shapes]) -> Shapes:
    """Numbered siblings, most of one kind: `x.0` or `x0`; now and then with a family that is counted like them."""
    word, dot = draw(words), draw(st.sampled_from([".", "", "_"]))
    counted = st.integers(1, 5).map(lambda many: [str(i) for i in range(many)])
    places = draw(st.one_of(counted, st.lists(numbers, min_size=1, max_size=4, unique=True)))
    body, other = draw(inner), draw(inner)
    found: Shapes = []
    for place in places:
        parts = draw(st.sampled_from([body, body, body, other, body[1:], other[:1]]))
        found += below(f"{word}{dot}{place}", parts)
    if draw(st.booleans()):
        family, part = draw(words), draw(layers())
        found += [one for place in places for one in below(f"{family}{draw(st.sampled_from(['.', '']))}{place}", part)]
    return found


@st.composite
def wrapped(draw: st.DrawFn, inner: st.SearchStrategy[Shapes]) -> Shapes:
    """A module around one to three others."""
    word = draw(words)
    return [one for part in draw(st.lists(inner, min_size=1, max_size=3)) for one in below(word, part)]


@st.composite
def copied(draw: st.DrawFn, inner: st.SearchStrategy[Shapes]) -> Shapes:
    """The same subtree under two names, as in two towers."""
    part = draw(inner)
    return [one for word in draw(st.lists(words, min_size=2, max_size=3, unique=True)) for one in below(word, part)]


subtrees = st.recursive(
    st.one_of(layers(), words.flatmap(lambda word: layers().map(lambda part: below(word, part)))),
    lambda inner: st.one_of(members(inner), members(inner), wrapped(inner), copied(inner)),
    max_leaves=6,
)


@st.composite
def models(draw: st.DrawFn) -> Shapes:
    """A model of at most some hundred parameters, each name once."""
    parts = [one for part in draw(st.lists(subtrees, min_size=1, max_size=4)) for one in part]
    if parts and draw(st.booleans()):  # a parameter that has the name of a module
        name = draw(st.sampled_from(parts))[0].rpartition(".")[0]
        parts = [*parts, (name, draw(shapes))] if name else parts
    separator = draw(st.sampled_from([".", ".", ".", ".", "/"]))
    found = {name.replace(".", separator): shape for name, shape in parts[:300]}
    ordered = list(found.items()) or [("weight", [2, 2])]
    return draw(st.sampled_from([ordered, sorted(ordered), ordered[::-1]]))
