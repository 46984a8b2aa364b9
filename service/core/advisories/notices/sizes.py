"""Notices about the size of the examples, beside what the models were made for."""

from service.contract.words import Family, Grade, Modality
from service.core.advisories.notices.notice import JOB_NOTICES, NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.catalogue.matrix import allowed_models
from service.core.choice.input_limits import takes
from service.core.rules.example_requests import LLAMA, RESNET, TINY_CONVNET, VIT, YOLO, freeze, job
from service.core.rules.resolved_inputs import known

BLIP = {"model": "Salesforce/blip-image-captioning-base"}
TROCR = {"model": "microsoft/trocr-base-printed"}
LONG = {"examples": 5000, "sequence_length": 4096}

SLIDING = (Family.CNN, Family.CONVNEXT)
"""Families whose maps take an image of any size."""

CLASSIFIERS = (*SLIDING, Family.VISION_TRANSFORMER)
"""Families whose images are brought to one size before they see them."""


@NOTICES.rule(
    "notice-models-left-out",
    "Models that do not take the longest text, or the images, are left out of the ranking, and counted.",
    fires=(job(task="summarization", dataset=LONG).decides("models-left-out: 3 of 22"),),
    silent=(job(task="summarization", dataset={"examples": 5000, "sequence_length": 512}),),
)
def models_left_out(outcome: Outcome) -> Remark | None:
    job = outcome.case.job
    allowed = allowed_models(outcome.know, job.task.id, job.constraints)
    left_out = [row for row in allowed if not takes(outcome.know, row, job.request.dataset)]
    if not left_out:
        return None
    counted = f"{len(left_out)} of {len(allowed)}"
    return Remark("models-left-out", "/models", counted, told=f"They are {counted}.")


@JOB_NOTICES.rule(
    "notice-beyond-trained-length",
    "A text longer than the model was made for, whose positions are computed and so run on, is said.",
    fires=(
        job(
            task="text-classification",
            source={"model": "microsoft/deberta-v3-base"},
            dataset={"examples": 5000, "sequence_length": 1024},
        ).decides("beyond-trained-length: 1024 tokens, made for 512"),
    ),
    silent=(
        job(task="text-generation", source=LLAMA, dataset=LONG),
        freeze(500, model="resnet50", sequence_length=512),
    ),
)
def beyond_trained_length(outcome: Outcome) -> Remark | None:
    model, tokens = outcome.case.model, known(outcome.request.dataset.sequence_length)
    longest = model.row.longest if model.row else None
    if tokens is None or longest is None or tokens <= longest or not outcome.know.footprints[model.family].tokens:
        return None
    return Remark("beyond-trained-length", "/dataset/sequence_length", f"{tokens} tokens, made for {longest}")


@JOB_NOTICES.rule(
    "notice-image-below-cell",
    "An image smaller than one cell of the model's last map is said: little more than one value a channel is left.",
    fires=(freeze(500, model="resnet50", image_size=28).decides("image-below-cell: 28 px, a cell has 32"),),
    silent=(freeze(500, model="resnet50", image_size=32), freeze(500, model="resnet50")),
)
def image_below_cell(outcome: Outcome) -> Remark | None:
    px, cell = known(outcome.request.dataset.image_size), outcome.case.model.cell_px
    if px is None or px >= cell:
        return None
    return Remark("image-below-cell", "/dataset/image_size", f"{px} px, a cell has {cell}")


@JOB_NOTICES.rule(
    "notice-image-not-whole-patches",
    "An image that is no whole number of patches or cells is cut or padded, which is said; convolutions take any.",
    fires=(
        freeze(500, model="vit_base_patch16_224", image_size=225).decides(
            "image-not-whole-patches: 225 px, a patch has 16"
        ),
    ),
    silent=(
        freeze(500, model="vit_base_patch16_224", image_size=240),
        freeze(500, model="resnet50", image_size=225),
        job(),
    ),
)
def image_not_whole_patches(outcome: Outcome) -> Remark | None:
    px, model = known(outcome.request.dataset.image_size), outcome.case.model
    if px is None or model.family in SLIDING or not model.cell_px or px < model.cell_px or px % model.cell_px == 0:
        return None
    return Remark("image-not-whole-patches", "/dataset/image_size", f"{px} px, a patch has {model.cell_px}")


@JOB_NOTICES.rule(
    "notice-made-for-other-images",
    "A vision transformer whose table of positions is made for images of another size, not far smaller, must be built "
    "for this one.",
    fires=(
        freeze(500, model="vit_base_patch16_224", image_size=384).decides(
            "made-for-other-images: 384 px, made for 224"
        ),
    ),
    silent=(
        job(source=VIT),
        freeze(500, model="vit_base_patch16_224", image_size=224),
        freeze(500, model="vit_base_patch16_224", image_size=32),
        job(source=RESNET),
        freeze(500, model="resnet50", image_size=225),
    ),
)
def made_for_other_images(outcome: Outcome) -> Remark | None:
    px, row = known(outcome.request.dataset.image_size), outcome.case.model.row
    if px is None or row is None or not row.position_table or row.image_px in (None, px) or _far_larger(outcome):
        return None
    return Remark("made-for-other-images", "/dataset/image_size", f"{px} px, made for {row.image_px}")


@JOB_NOTICES.rule(
    "notice-enlarge-images",
    "Images of half the size that a classifier was made for, or less, are better enlarged to its size.",
    grade=Grade.C,
    sources=("kornblith-2019", "bit-2020"),
    fires=(
        freeze(500, model="vit_base_patch16_224", image_size=32).decides("enlarge-images: 32 px, made for 224"),
        freeze(500, model="resnet50", image_size=64).decides("enlarge-images: 64 px, made for 224"),
        freeze(500, model="vit_base_patch16_224", image_size=112).decides("enlarge-images: 112 px, made for 224"),
    ),
    silent=(freeze(500, model="vit_base_patch16_224", image_size=128), job(source=RESNET)),
)
def enlarge_images(outcome: Outcome) -> Remark | None:
    if not _far_larger(outcome):
        return None
    px, made = known(outcome.request.dataset.image_size), outcome.case.model.image_px
    return Remark("enlarge-images", "/dataset/image_size", f"{px} px, made for {made}")


def _far_larger(outcome: Outcome) -> bool:
    """Whether the model labels images, and was made for some at least twice as large as those that it sees."""
    px, model = known(outcome.request.dataset.image_size), outcome.case.model
    made = model.image_px
    return px is not None and made is not None and model.family in CLASSIFIERS and made >= 2 * px


@JOB_NOTICES.rule(
    "notice-example-size-assumed",
    "Of a model outside the catalogue the size of an example is assumed where neither data nor shapes tell it: memory "
    "follows from it.",
    fires=(job(source={"parameters": TINY_CONVNET}).decides("example-size-assumed: 224 px"),),
    silent=(job(source=RESNET), freeze(500, parameters=TINY_CONVNET), freeze(depth=50), job(task="summarization")),
)
def example_size_assumed(outcome: Outcome) -> Remark | None:
    model, size, data = outcome.case.model, outcome.case.example_size, outcome.request.dataset
    if model.row is not None or not model.sized or outcome.idle:
        return None
    if size.tokens and known(data.sequence_length) is None:
        return Remark("example-size-assumed", "/resources/sequence_length", f"{size.tokens} tokens")
    if size.image_px and known(data.image_size) is None and model.image_px is None:
        return Remark("example-size-assumed", "/resources/image_size", f"{size.image_px} px")
    return None


@JOB_NOTICES.rule(
    "notice-backbone-sized-whole",
    "A backbone to find boxes or masks with is sized as a detector or segmenter of as many parameters, at its size of "
    "images: neck and head come on top of the backbone, and nobody has counted them.",
    fires=(
        job(task="object-detection", source=RESNET).decides("backbone-sized-whole: a detector at 640 px"),
        job(task="image-segmentation", source=RESNET).decides("backbone-sized-whole: a segmenter at 512 px"),
    ),
    silent=(job(source=RESNET), job(task="object-detection", source=YOLO)),
)
def backbone_sized_whole(outcome: Outcome) -> Remark | None:
    case = outcome.case
    if case.sized_as is case.model or outcome.idle:
        return None
    told = f"a {case.sized_as.family} at {case.example_size.image_px} px"
    return Remark("backbone-sized-whole", "/resources", told)


@JOB_NOTICES.rule(
    "notice-pictures-sized-as-text",
    "What a model that reads pictures beside text keeps of them turns on the tokens that its processor makes of one: "
    "they are reckoned as part of the longest text, which large pictures exceed many times.",
    fires=(
        job(task="image-to-text", source=BLIP).decides("pictures-sized-as-text: 512 tokens, pictures included"),
        job(task="image-to-text", source=BLIP, dataset={"examples": 500, "image_size": 384}).decides(
            "pictures-sized-as-text: 512 tokens, pictures included"
        ),
    ),
    silent=(job(task="image-to-text", source=TROCR), job(task="text-generation", source=LLAMA)),
)
def pictures_sized_as_text(outcome: Outcome) -> Remark | None:
    case = outcome.case
    reads = outcome.know.tasks[case.job.task.id].modalities if case.job.decides else ()
    if outcome.idle or Modality.IMAGE not in reads or not case.example_size.tokens or case.footprint.counted:
        return None
    told = f"{case.example_size.tokens} tokens, pictures included"
    return Remark("pictures-sized-as-text", "/resources/sequence_length", told)
