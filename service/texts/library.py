"""Models, the matrix, rules and pages of the guide, to read."""

from collections.abc import Iterator
from itertools import groupby

from service.contract.library import RuleView, TopicView
from service.contract.matrix import Matrix, MatrixCell
from service.contract.models import ModelBlock, ModelView
from service.texts.page import Fact, Section, Text, counted, number


def model(answer: ModelView) -> Text:
    """What the model is, what it may be used for, and where its facts come from."""
    scores = tuple(Fact(cell.task, number(cell.score)) for cell in answer.scores if cell.score is not None)
    sources = tuple(Fact(one.id, f"{one.title} ({one.year})") for one in answer.sources)
    return Text(
        answer.title,
        (
            Section(facts=tuple(_facts(answer)), paragraphs=(answer.note,) if answer.note else ()),
            Section("Scores, of five", facts=scores),
            Section("Blocks", facts=tuple(_blocks(answer.blocks))),
            Section("Sources", facts=sources),
        ),
    )


def matrix(answer: Matrix) -> Text:
    """For each task the models by their score, best first."""
    legend = (
        "Scores are of five. Models with an asterisk are judged, the others computed from published results. Of the "
    )
    legend += "models in the last line there is no evidence."
    sections = [Section(paragraphs=(legend,))]
    for task in answer.tasks:
        cells = [cell for cell in answer.cells if cell.task is task]
        sections.append(Section(task, tuple(_ranked(cells))))
    return Text("How well each pretrained model serves each task", tuple(sections))


def rule(answer: RuleView) -> Text:
    """The claim, and what it rests on."""
    facts = [Fact("Rule", answer.id), Fact("Topic", answer.topic), Fact("Grade", answer.grade)]
    facts += _listed("Sources", answer.sources)
    facts += _listed("Against", answer.dissent)
    facts += _listed("From", answer.descends_from)
    return Text(answer.claim, (Section(facts=tuple(facts)),))


def topic(answer: TopicView) -> Text:
    """A page of the guide."""
    see = [Fact("See", ", ".join(f"/guide/{page}" for page in answer.see))] if answer.see else []
    facts = (*see, *_listed("Sources", answer.sources))
    return Text(answer.title, (Section(paragraphs=tuple(answer.text)), Section(facts=facts)))


def _facts(answer: ModelView) -> Iterator[Fact]:
    yield Fact("Model", answer.id)
    yield Fact("Checkpoint", answer.checkpoint)
    yield Fact("Family", f"{answer.family}, reads {answer.input}")
    yield Fact("Size", counted(answer.params, "parameter"))
    yield Fact("Pretraining", f"{answer.pretraining} ({answer.objective})")
    yield Fact("Licence", answer.licence)
    for warning in (answer.licence_warning, answer.data_warning):
        if warning:
            yield Fact("", warning)
    if answer.forward:
        yield Fact("One pass", f"{number(answer.forward.gflops)} GFLOP, {answer.forward.of}")
    if answer.lora_targets:
        yield Fact("LoRA on", ", ".join(answer.lora_targets))


def _blocks(blocks: list[ModelBlock]) -> Iterator[Fact]:
    """Neighbours of one size are told in one line."""
    for params, (first, *others) in groupby(blocks, key=lambda block: block.params):
        if others:
            yield Fact(f"{first.name} to {others[-1].name}", f"{_size(params)} each")
        else:
            yield Fact(first.name, _size(params))


def _size(params: int | None) -> str:
    return "its size depends on the task" if params is None else counted(params, "parameter")


def _ranked(cells: list[MatrixCell]) -> Iterator[Fact]:
    able = [(cell.score, cell) for cell in cells if cell.score is not None]
    ordered = sorted(able, key=lambda pair: -pair[0])
    for score, alike in groupby(ordered, key=lambda pair: pair[0]):
        yield Fact(number(score), ", ".join(f"{cell.model}{'*' if cell.judged else ''}" for _, cell in alike))
    dark = [cell.model for cell in cells if cell.score is None and not cell.judged]
    if dark:
        yield Fact("?", ", ".join(dark))


def _listed(label: str, names: list[str]) -> list[Fact]:
    return [Fact(label, ", ".join(names))] if names else []
