"""What a job may not say of the model that it starts from."""

from collections.abc import Iterator

from service.contract.problem import ProblemFault
from service.core.architecture.listing_faults import listing_faults
from service.core.catalogue.near_names import near_model
from service.core.rules.example_requests import BARE, TINY_BERT, freeze, job
from service.core.rules.refusal import Question, fault, late_refusal, refusal
from service.core.rules.resolved_inputs import known

MODEL_FORMS = ("model", "parameters", "safetensors", "safetensors_index", "depth")
"""The forms in which a model is given."""

LISTS = ("parameters", "safetensors", "safetensors_index")
"""The forms that list parameters."""

LOOSE = BARE[1:]
TWICE = [{"name": "a.weight", "shape": [2, 2]}, {"name": "a.weight", "shape": [2, 2]}]

UNKNOWN = (
    "The catalogue, which GET /models lists, does not hold this model: describe it in /source instead, or list its "
    "parameters."
)


@refusal(
    "refuse-two-models",
    "A model is given in one form.",
    fires=(freeze(500, model="resnet50", depth=12).decides("/source/depth"),),
    silent=(freeze(500, model="resnet50"),),
)
def two_models(asked: Question) -> Iterator[ProblemFault]:
    given = [form for form in MODEL_FORMS if known(getattr(asked.job.source, form)) is not None]
    for form in given[1:]:
        yield fault(f"/source/{form}", f"The model is given in /source/{given[0]} already: give it in one form.")


@refusal(
    "refuse-unknown-model",
    "A name that the catalogue does not hold is refused, with the nearest that it holds.",
    fires=(job(source={"model": "resnet5O"}).decides("/source/model"),),
    silent=(job(source={"model": "resnet50"}), job(source={"model": "ResNet50"}), freeze(500)),
)
def unknown_model(asked: Question) -> Iterator[ProblemFault]:
    know, place = asked.know, known(asked.job.schedule.known_rate)
    target = known(asked.job.target)
    modalities = know.tasks[target.task].modalities if target else ()
    for pointer, name in (
        ("/source/model", known(asked.job.source.model)),
        ("/schedule/known_rate/model", known(place.model) if place else None),
    ):
        if name is not None and know.find_model(name) is None:
            yield near_model(pointer, UNKNOWN, name, know, modalities)


@refusal(
    "refuse-described-and-named",
    "A model of the catalogue is not described as well: its facts are known.",
    fires=(
        freeze(500, model="resnet50", family="text-encoder").decides("/source/family"),
        job(source={"model": "resnet50", "domain": "food"}).decides("/source/domain"),
        job(source={"model": "resnet50", "params": 1000}).decides("/source/params"),
        freeze(500, model="resnet50", norm="layer-norm").decides("/freezing/norm"),
    ),
    silent=(freeze(500, model="resnet50", family="cnn", norm="batch-norm"),),
)
def described_and_named(asked: Question) -> Iterator[ProblemFault]:
    source, row = asked.job.source, asked.know.find_model(asked.job.source.model)
    if row is None:
        return
    for name in ("params", "objective", "corpus", "task", "domain"):
        if known(getattr(source, name)) is not None:
            message = "Give either a model of the catalogue, or a description: the model's own facts are known."
            yield fault(f"/source/{name}", message)
    family, norm = known(source.family), known(asked.job.freezing.norm)
    if family is not None and family is not row.family:
        yield ProblemFault("/source/family", "This is not the family of the model.", [row.family], row.family)
    if norm is not None and norm is not row.norm:
        yield ProblemFault("/freezing/norm", "This is not the norm of the model.", [row.norm], row.norm)


@refusal(
    "refuse-head-of-no-list",
    "What is the head is said of a model whose parameters are listed.",
    fires=(freeze(500, model="resnet50", head=["fc"]).decides("/source/head"),),
    silent=(freeze(500, parameters=TINY_BERT, head=["classifier"]), job()),
)
def head_of_no_list(asked: Question) -> Iterator[ProblemFault]:
    listed = any(known(getattr(asked.job.source, form)) is not None for form in LISTS)
    if known(asked.job.source.head) is not None and not listed:
        yield fault("/source/head", "Only a model whose parameters are listed can be told its head.")


@refusal(
    "refuse-faulty-listing",
    "Listed parameters have names that libraries write, each once, with shapes that hold numbers; no buffers and no "
    "quantised weights.",
    fires=(
        freeze(500, parameters=TWICE).decides("/source/parameters/1/name"),
        freeze(500, depth=12, tied=[["a.weight", "b.weight"]]).decides("/freezing/tied"),
    ),
    silent=(freeze(500, parameters=TINY_BERT),),
)
def faulty_listing(asked: Question) -> Iterator[ProblemFault]:
    yield from listing_faults(asked.job, asked.know)


OUT_OF_SIZE = late_refusal(
    "refuse-size-of-listed-model",
    "A listed model holds numbers, and spells no more modules and blocks than models have.",
    fires=(freeze(500, parameters=[{"name": "a.weight", "shape": [0]}]).decides("/source/parameters"),),
    silent=(freeze(500, parameters=TINY_BERT),),
)

NO_SUCH_HEAD = late_refusal(
    "refuse-unknown-head",
    "The head is named as a module, or a parameter, of the listed model.",
    fires=(freeze(500, parameters=TINY_BERT, head=["classifier", "decoder.out"]).decides("/source/head/1"),),
    silent=(freeze(500, parameters=TINY_BERT, head=["classifier"]),),
)

UNORDERED = late_refusal(
    "refuse-parts-without-place",
    "A file keeps its tensors by name: a model most of which no name puts anywhere is given as its ordered list.",
    fires=(
        freeze(500, safetensors={each["name"]: {"dtype": "F32", "shape": each["shape"]} for each in LOOSE}).decides(
            "/source/safetensors/inner.weight, /source/safetensors/outer.weight"
        ),
    ),
    silent=(freeze(500, parameters=LOOSE),),
)

HEAD_ALONE = late_refusal(
    "refuse-head-alone",
    "A head without anything below it has nothing to freeze.",
    fires=(freeze(500, parameters=TINY_BERT[-1:]).decides("/source/parameters"),),
    silent=(freeze(500, parameters=TINY_BERT),),
)
