"""Cells and marks, with results and without."""

import msgspec

from service.contract.words import Domain, Grade, Task
from service.knowledge.loader import load
from service.knowledge.rows import ResultRow, Tables
from service.knowledge.standings.merits import Merits
from service.knowledge.standings.weighing import weigh

KNOW = load()
AUDIO, AST = Task.AUDIO_CLASSIFICATION, "MIT/ast-finetuned-audioset-10-10-0.4593"


def with_results(*rows: ResultRow) -> Merits:
    return Merits(*weigh(msgspec.structs.replace(KNOW.tables, results=rows), KNOW.number))


def test_every_cell_is_graded_and_within_the_scale() -> None:
    cells = KNOW.merits.cells
    assert set(cells) == set(KNOW.cells)
    for cell in cells.values():
        assert 1 <= cell.score <= 5
        assert cell.grade is (Grade.D if cell.judged else Grade.A)
        assert cell.sources
        assert cell.judged or "judgement" not in cell.sources


def test_without_results_every_cell_is_its_judgement() -> None:
    for key, cell in with_results().cells.items():
        row = KNOW.cells[key]
        assert (cell.judged, cell.score, cell.reason, cell.results) == (True, row.score, row.reason, 0)


def test_too_few_results_leave_the_judgement() -> None:
    """Four datasets of one benchmark are one too few."""
    rows = [row for row in KNOW.tables.results if row.benchmark == "maeb"]
    assert with_results(*rows[:4]).cells[AST, AUDIO].judged
    assert with_results(*rows[:4]).cells[AST, AUDIO].results == 4
    assert not with_results(*rows[:5]).cells[AST, AUDIO].judged


def test_too_few_models_leave_the_judgement() -> None:
    """Two encoders have ten results and more for named entities, but two give no scale."""
    cells = [cell for cell in KNOW.merits.cells.values() if cell.task is Task.TOKEN_CLASSIFICATION]
    assert sum(cell.results >= 5 for cell in cells) == 2
    assert all(cell.judged for cell in cells)


def test_computed_cells_keep_the_level_of_their_judgement() -> None:
    for task in Task:
        cells = [cell for cell in KNOW.merits.cells.values() if cell.task is task and not cell.judged]
        if cells:
            assert abs(sum(cell.mark - KNOW.cells[cell.model, task].score for cell in cells)) < 1e-6


def test_a_datasets_results_can_be_left_out() -> None:
    """What was measured on English speech speaks for an encoder of it, until it is left out."""
    speech, wavlm = Domain.ENGLISH_SPEECH, "microsoft/wavlm-large"
    fewer = with_results(*(row for row in KNOW.tables.results if row.domain is not speech))
    assert KNOW.merits.marks(AUDIO, speech)[wavlm].on_domain >= 3
    assert fewer.marks(AUDIO, speech)[wavlm].on_domain == 0
    assert fewer.marks(AUDIO, speech)[wavlm].mark != KNOW.merits.marks(AUDIO, speech)[wavlm].mark


def test_figures_of_the_prior_count_on_every_domain() -> None:
    mark = KNOW.merits.marks(Task.IMAGE_CLASSIFICATION, Domain.RADIOLOGY)["convnext_base"]
    assert (mark.results, mark.far, mark.benchmarks) == (1, 0, ("imagenet-1k",))


def test_tables_of_the_ruleset_are_read_whole() -> None:
    tables: Tables = KNOW.tables
    assert len(tables.results) >= 200
    assert sum(len(row.models) for row in tables.results) >= 900
