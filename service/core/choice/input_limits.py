"""What a model cannot take: texts beyond its table of positions, and images of less than a patch."""

from service.contract.job import JobDataset
from service.contract.words import Family
from service.core.choice.start import Start
from service.core.job.case import JobCase
from service.core.rules.example_requests import BERT, LLAMA, TINY_BERT, VIT, freeze, job
from service.core.rules.refusal import Refusal, fault, late_refusal
from service.core.rules.resolved_inputs import known
from service.knowledge.index import Knowledge
from service.knowledge.rows import ModelRow

POSITIONS = [{"name": "embeddings.position_embeddings.weight", "shape": [64, 4]}, *TINY_BERT]

TOO_LONG = late_refusal(
    "refuse-length-beyond-positions",
    "A text that is longer than the model's table of positions is refused: the run would stop at the first such text.",
    fires=(
        job(task="text-classification", source=BERT, dataset={"examples": 5000, "sequence_length": 513}).decides(
            "/dataset/sequence_length"
        ),
        freeze(500, parameters=POSITIONS, sequence_length=65).decides("/dataset/sequence_length"),
    ),
    silent=(
        job(task="text-classification", source=BERT, dataset={"examples": 5000, "sequence_length": 512}),
        job(task="text-generation", source=LLAMA, dataset={"examples": 5000, "sequence_length": 200_000}),
        freeze(500, parameters=POSITIONS, sequence_length=64),
    ),
)

TOO_SMALL = late_refusal(
    "refuse-image-below-patch",
    "An image that is smaller than one patch of a vision transformer is refused: nothing is left of it.",
    fires=(job(source=VIT, dataset={"examples": 5000, "image_size": 15}).decides("/dataset/image_size"),),
    silent=(job(source=VIT, dataset={"examples": 5000, "image_size": 16}),),
)

NO_MODEL = late_refusal(
    "refuse-size-for-every-model",
    "Texts or images that no model of the ranking takes, under these constraints, are refused.",
    fires=(
        job(
            task="text-classification",
            dataset={"examples": 5000, "sequence_length": 600},
            constraints={"max_params": 25_000_000},
        ).decides("/dataset/sequence_length"),
    ),
    silent=(job(task="text-classification", dataset={"examples": 5000, "sequence_length": 600}),),
)


def text_limit(know: Knowledge, family: Family, row: ModelRow | None, listed: int | None) -> int | None:
    """Tokens at which the model's table of positions ends; None where it has none, or its family reads no texts."""
    if not know.footprints[family].tokens:
        return None
    return listed if row is None else row.longest if row.position_table else None


def takes(know: Knowledge, row: ModelRow, data: JobDataset) -> bool:
    """Whether a model of the catalogue takes texts and images of this size; it does where nothing is said of them."""
    tokens, px = known(data.sequence_length), known(data.image_size)
    end = text_limit(know, row.family, row, None)
    return (tokens is None or end is None or tokens <= end) and (px is None or px >= _least_px(row.family, row.cell_px))


def refuse_untakable(job: JobCase, start: Start) -> None:
    """Raises Refusal where the start does not take the longest text, or the images, of the dataset."""
    data, built = job.request.dataset, start.anatomy
    tokens, px = known(data.sequence_length), known(data.image_size)
    end = text_limit(job.know, start.family, start.row, built.longest if built else None)
    if tokens is not None and end is not None and tokens > end:
        message = f"The positions of {start.name} end at {end} tokens: cut or split longer texts, or change the model."
        raise Refusal([fault("/dataset/sequence_length", message)], TOO_LONG)
    least = _least_px(start.family, start.cell_px)
    if px is not None and px < least:
        message = f"One patch of {start.name} has {least} pixels a side: enlarge the images."
        raise Refusal([fault("/dataset/image_size", message)], TOO_SMALL)


def refuse_for_all(job: JobCase) -> None:
    """Raises Refusal: no model that the task and the constraints leave takes such texts or images."""
    field = "sequence_length" if known(job.request.dataset.sequence_length) is not None else "image_size"
    message = "No model of the ranking takes this size under these constraints."
    raise Refusal([fault(f"/dataset/{field}", message)], NO_MODEL)


def _least_px(family: Family, cell_px: int) -> int:
    """The smallest image that is at least one patch; convolutions take any."""
    return cell_px if family is Family.VISION_TRANSFORMER else 1
