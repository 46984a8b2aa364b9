"""What is recorded of the trainers' runs: they are told now what they were told then, and nothing is inferred."""

from itertools import product

import msgspec
import pytest

from service.contract.words import Trainer
from service.dialects.runs import UNSEEN, RunCell, cell_of
from service.dialects.trainers import SCHEDULES, TRAINERS, export_plan, said
from service.knowledge.index import Knowledge
from service.knowledge.loader import compiled, load
from service.knowledge.rows import RunsRow
from tests.dialects.cells import Drawn, digest, drawn

RECORDED = sorted(load().runs)


def cells(row: RunsRow) -> list[RunCell]:
    """Every cell of a trainer's row."""
    found = [
        each for one in row.cells for each in product(one.methods, one.shapes, one.precisions, one.phases, one.devices)
    ]
    return [RunCell(*each) for each in found]


def knowing(*rows: RunsRow) -> Knowledge:
    """The knowledge with these runs and no others."""
    whole, hash_ = compiled()
    return Knowledge(msgspec.structs.replace(whole, tables=msgspec.structs.replace(whole.tables, runs=rows)), hash_)


def any_of(trainer: Trainer) -> Drawn:
    """One plan in which the trainer was run."""
    return next(each for each in drawn(trainer).values() if load().runs[trainer].holds(*each.cell))


@pytest.mark.parametrize("trainer", RECORDED)
def test_a_trainer_is_told_what_it_was_told_when_it_was_run(trainer: Trainer) -> None:
    row = load().runs[trainer]
    seen = cells(row)
    assert len(seen) == len(set(seen)), "a cell is recorded once"
    assert set(seen) <= set(drawn(trainer)), "a cell that no job falls into"
    assert digest(trainer, set(seen)) == row.told, f"{trainer} is told otherwise now: `make test-real` runs it anew"


@pytest.mark.parametrize("trainer", RECORDED)
def test_exact_is_what_was_run_and_nothing_beside_it(trainer: Trainer) -> None:
    """Each cell is taken out of the record alone, and only it is claimed no longer."""
    plan, row = any_of(trainer).plan, load().runs[trainer]
    assert export_plan(trainer, plan, load()).exact
    cell = cell_of(plan)
    others = [each for each in cells(row) if each != cell]
    alone = tuple(
        msgspec.structs.replace(
            row.cells[0],
            methods=(each.method,),
            shapes=(each.shape,),
            precisions=(each.precision,),
            phases=(each.phases,),
            devices=(each.devices,),
        )
        for each in others
    )
    export = export_plan(trainer, plan, knowing(msgspec.structs.replace(row, cells=alone)))
    assert (export.exact, export.losses[0]) == (False, UNSEEN.format(cell))


@pytest.mark.parametrize("trainer", RECORDED)
def test_a_trainer_that_nobody_ran_is_exact_nowhere(trainer: Trainer) -> None:
    """As a new dialect is, whatever its module claims, until `make test-real` has run it."""
    plan = any_of(trainer).plan
    assert said(trainer, plan).exact
    assert not export_plan(trainer, plan, knowing()).exact


def test_every_dialect_is_run_or_says_that_it_was_not() -> None:
    never = set(TRAINERS) - set(RECORDED)
    assert never == {Trainer.AXOLOTL, Trainer.LLAMA_FACTORY}, (
        "run it in tests/real/recorded, or name it here with those that nobody can"
    )
    assert {trainer for trainer in RECORDED if load().runs[trainer].schedules} == set(SCHEDULES)
