"""What the demonstration draws and counts, without training."""

from xml.etree import ElementTree

import pytest

from demo.mail import split
from demo.plot import picture

EXAMPLES = [(f"subject {number}", number % 3 % 2) for number in range(90)]


def test_no_subject_is_both_learned_and_scored_and_half_of_each_is_spam() -> None:
    learned, scored = split(EXAMPLES, 20, 40, seed=0)
    assert not set(learned) & set(scored)
    assert [label for _, label in learned].count(1) == 10
    assert [label for _, label in scored].count(1) == 20


def test_a_seed_repeats_its_draw_and_another_draws_otherwise() -> None:
    assert split(EXAMPLES, 20, 40, seed=1) == split(EXAMPLES, 20, 40, seed=1)
    assert split(EXAMPLES, 20, 40, seed=1) != split(EXAMPLES, 20, 40, seed=2)


def test_the_picture_shows_each_group_while_it_has_a_rate_and_each_score_at_its_place() -> None:
    rates = {"top": [0.0, 0.0, 1e-4, 1e-5], "head": [1e-2, 1e-3, 1e-4, 1e-4]}
    blocks = [{"name": "top", "state": "low-rate", "params": 7}, {"name": "head", "state": "full-rate", "params": 2}]
    tree = ElementTree.fromstring(picture(rates, blocks, {"ours": [0.5, 1.0]}))  # noqa: S314 -- our own
    lines = [line.attrib["points"].split() for line in tree.iterfind("{*}polyline")]
    assert [len(points) for points in lines] == [2, 4]
    assert [float(point.split(",")[0]) for point in lines[0]] == [260, 380]
    line = next(tree.iterfind("{*}line")).attrib
    dots = [float(dot.attrib["cx"]) for dot in tree.iterfind("{*}circle")]
    assert dots == pytest.approx([float(line["x1"]), float(line["x2"])])
